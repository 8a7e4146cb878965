import { nullTranslator } from "@jupyterlab/translation";
import { describe, expect, test } from "vitest";
import type { Company, Member } from "../api";
import { farewellFor, leadsOf, makeFarewell } from "./farewell";

const trans = nullTranslator.load("museion");

function member(display_name: string, role: string, is_you = false): Member {
  return {
    username: display_name,
    display_name,
    initials: "",
    color: "",
    role,
    is_here: true,
    is_you,
  };
}

const COMPANY: Company = {
  workgroup: { slug: "murals", title: "Wall paintings" },
  members: [member("Chiara", "lead"), member("Jonas", "member"), member("Me", "lead", true)],
};

describe("the words at the end", () => {
  test("name the leads, without oneself", () => {
    expect(leadsOf(COMPANY)).toEqual(["Chiara"]);
    expect(leadsOf(null)).toEqual([]);
  });

  test("say what happened, that nothing is lost, and who can help", () => {
    const said = farewellFor("out", COMPANY, "/hub/home", trans);
    expect(said.sentences.join(" ")).toContain("Wall paintings");
    expect(said.sentences.join(" ")).toContain("Nothing is lost");
    expect(said.sentences.join(" ")).toContain("Chiara");
    expect(said.links.map((link) => link.href)).toEqual(["/hub/home"]);
  });

  test("offer to sign in again to whom that may help", () => {
    const said = farewellFor("signed-out", null, "/hub/home", trans);
    expect(said.links.map((link) => link.label)).toEqual(["Sign in again", "Go to the home page"]);
  });
});

test("the dialog is an alert with name and description, and titles stay text", () => {
  const company = { ...COMPANY, workgroup: { slug: "x", title: "<img src=x onerror=alert(1)>" } };
  const dialog = makeFarewell(farewellFor("out", company, "/hub/home", trans));
  expect(dialog.getAttribute("role")).toBe("alertdialog");
  for (const name of ["aria-labelledby", "aria-describedby"]) {
    expect(dialog.querySelector(`#${dialog.getAttribute(name)}`)?.textContent).toBeTruthy();
  }
  expect(dialog.querySelector("img")).toBeNull();
});
