/** The people of the workspace: who is here, with the colour of their cursor. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Member } from "../api";
import { inkOn } from "./colour";
import { roleLabel } from "./format";

interface MembersProps {
  readonly members: readonly Member[];
  readonly trans: TranslationBundle;
}

/** The list of members; those who are away are dimmed, and said to be away. */
export function Members({ members, trans }: MembersProps): JSX.Element {
  return (
    <ul className="mus-Members" aria-label={trans.__("Members")}>
      {members.map((member) => (
        <MemberItem key={member.username} member={member} trans={trans} />
      ))}
    </ul>
  );
}

function MemberItem({ member, trans }: { member: Member; trans: TranslationBundle }): JSX.Element {
  const state = member.is_here ? trans.__("here") : trans.__("away");
  const details = [roleLabel(member.role, trans), state].filter((part) => part).join(" · ");
  return (
    <li className="mus-Member" data-here={member.is_here}>
      <span
        className="mus-Avatar"
        style={{ backgroundColor: member.color, color: inkOn(member.color) }}
        aria-hidden="true"
      >
        {member.initials}
      </span>
      <span className="mus-Member-name">
        {member.display_name}
        {member.is_you && <span className="mus-you"> ({trans.__("you")})</span>}
      </span>
      <span className="mus-Member-state">{details}</span>
    </li>
  );
}
