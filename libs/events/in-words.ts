import type { Bilingual, Language } from '../kernel/bilingual.ts';
import { intakes, levels } from '../kernel/codes.ts';
import type { Facts } from '../kernel/refusal.ts';
import { entry } from '../kernel/same.ts';
import { contractParties, contractStatuses, selectionStatuses } from './catalog/apprenticeship.ts';
import { attemptKinds, attemptOutcomes, attemptStatuses } from './catalog/assessment.ts';
import { enrollmentStatuses } from './catalog/enrollment.ts';
import { teacherStatuses } from './catalog/faculty.ts';

const sideWords = { school: contractParties.school, enterprise: contractParties.enterprise };

/** Words of codes, by the fact that holds them. */
const wordLists: Readonly<Record<string, Readonly<Record<string, Bilingual>>>> = {
  attemptKind: attemptKinds,
  attemptOutcome: attemptOutcomes,
  party: contractParties,
  parties: contractParties,
  side: sideWords,
  sides: sideWords,
};

/** Whose status a refusal speaks of, by how its code begins: suspended is one word of a student and another of a contract. */
const statusLists: readonly (readonly [RegExp, Readonly<Record<string, Bilingual>>])[] = [
  [/^(?:ATTEMPT|RESULT)_/, attemptStatuses],
  [/^CONTRACT_/, contractStatuses],
  [/^(?:APPLICATION|OFFER)_/, selectionStatuses],
  [/^TEACHER_/, teacherStatuses],
  [/./, enrollmentStatuses],
];

const isBilingual = (value: unknown): value is Bilingual =>
  typeof value === 'object' && value !== null && 'zh' in value && 'en' in value;

const codeLists = { intake: intakes, from: levels, to: levels };

/** Codes among the facts of a refusal, `said`, as their words, so that its sentence reads like one; the facts themselves keep the codes. */
export const inWords = (said: string, facts: Facts, language: Language): Facts => {
  const words: Record<string, unknown> = { ...facts };
  const statuses = statusLists.find(([codes]) => codes.test(said))![1];
  for (const [name, list] of Object.entries({ ...wordLists, status: statuses })) {
    const wordOf = (value: unknown): unknown => (typeof value === 'string' ? (entry(list, value)?.[language] ?? value) : value);
    const value = facts[name];
    if (value !== undefined) words[name] = Array.isArray(value) ? value.map(wordOf) : wordOf(value);
  }
  for (const [name, value] of Object.entries(facts)) if (isBilingual(value)) words[name] = value[language];
  for (const [name, list] of Object.entries(codeLists)) {
    const word = list.find(({ code }) => code === facts[name]);
    if (word) words[name] = word[language];
  }
  return words;
};
