/** The shape of a case about an application: what the kit, as its server and peer, does to it. */
import type { CaseFacts } from '../case.ts';
import type { Stage } from './stage.ts';

export interface ApplicationCaseBody extends CaseFacts {
  run(stage: Stage): Promise<void>;
}

export interface ApplicationCase extends ApplicationCaseBody {
  /** "chapter/slug", stable and never used again for anything else. */
  readonly id: string;
  readonly chapter: string;
}

export function applicationChapter(
  name: string,
  cases: Readonly<Record<string, ApplicationCaseBody>>,
): readonly ApplicationCase[] {
  return Object.entries(cases).map(([slug, body]) => ({ ...body, id: `${name}/${slug}`, chapter: name }));
}
