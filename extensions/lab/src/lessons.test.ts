import { expect, test } from "vitest";
import { findLessons } from "./lessons";

test("numbered notebooks get a card, in the order of their numbers", () => {
  const paths = [
    "10-last.ipynb",
    "02-a-day-with-scans.ipynb",
    "notes.ipynb",
    "01-first-look.ipynb",
  ];
  expect(findLessons(paths).map((lesson) => lesson.title)).toEqual([
    "First look",
    "A day with scans",
    "Last",
  ]);
});

test.each(["1-short.ipynb", "01-first-look.txt", "01-.ipynb", "data/01-first-look.ipynb", ""])(
  "%s gets none",
  (path) => {
    expect(findLessons([path])).toEqual([]);
  },
);
