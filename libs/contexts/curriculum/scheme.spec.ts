import { describe, expect, it } from '@jest/globals';
import { examples, expectTable } from '../../../test/support/given.ts';
import type { Scheme } from '../../events/catalog/curriculum.ts';
import { commonRefusals, type RefusalCode } from '../../kernel/refusals.ts';
import { curriculumCommands } from './commands.ts';
import { planCurriculum } from './curriculum.ts';
import { fourFourTwo, scheme, schemeTemplates } from './scheme.ts';

const schemes = examples(scheme, {});
const adopt = { type: 'AdoptEvaluationScheme', ...fourFourTwo } as const;
const [exam, training, defense] = fourFourTwo.components as [Component, Component, Component];
type Component = Scheme['components'][number];

const gradesFrom = { excellent: 9000, good: 8000, medium: 7000, pass: 6000 };

describe('an evaluation scheme', () => {
  it('is adopted; other content is a new version', () => {
    const first = schemes
      .given()
      .when(adopt)
      .gives({ type: 'EvaluationSchemeAdopted', data: { version: 1, ...fourFourTwo } });
    const other = { ...fourFourTwo, makeUpCap: null };
    first
      .when({ ...adopt, ...other })
      .gives({ type: 'EvaluationSchemeAdopted', data: { version: 2, ...other } })
      .when({ ...adopt, ...other })
      .givesNothing();
    expect(planCurriculum(adopt, 'college').own.stream).toMatch(/^scheme-/);
  });

  it.each(schemeTemplates)('comes as a template that is sound: $code', (template) => {
    schemes
      .given()
      .when({ type: 'AdoptEvaluationScheme', ...template })
      .accepted();
  });

  it('may show five grades, whose lowest pass is the pass mark', () => {
    schemes
      .given()
      .when({ ...adopt, scale: 'five-grade', gradesFrom })
      .accepted();
  });

  it.each<[string, Partial<Scheme>, [RefusalCode, object?]]>([
    ['weights below the whole', { components: [exam, training] }, ['SCHEME_WEIGHTS_WRONG', { sum: 8000 }]],
    [
      'weights above the whole',
      { components: [exam, training, { ...defense, weight: 2001 }] },
      ['SCHEME_WEIGHTS_WRONG', { sum: 10_001 }],
    ],
    [
      'a negative weight',
      {
        components: [
          { ...exam, weight: 12_000 },
          { ...defense, weight: -2000 },
        ],
      },
      ['SCHEME_WEIGHTS_WRONG', { sum: 10_000 }],
    ],
    [
      'a part of a basis point',
      {
        components: [
          { ...exam, weight: 5000.5 },
          { ...defense, weight: 4999.5 },
        ],
      },
      ['SCHEME_WEIGHTS_WRONG', { sum: 10_000 }],
    ],
    ['no components', { components: [] }, ['SCHEME_WEIGHTS_WRONG', { sum: 0 }]],
    [
      'a component twice',
      { components: [exam, training, { ...defense, code: 'exam' }] },
      ['SCHEME_COMPONENT_TWICE', { components: ['exam'] }],
    ],
    ['five grades without bounds', { scale: 'five-grade' }, ['SCHEME_GRADES_WRONG']],
    ['bounds without grades', { gradesFrom }, ['SCHEME_GRADES_WRONG']],
    ['grades that do not descend', { scale: 'five-grade', gradesFrom: { ...gradesFrom, good: 9000 } }, ['SCHEME_GRADES_WRONG']],
    [
      'a grade that passes below the pass mark',
      { scale: 'five-grade', gradesFrom: { ...gradesFrom, pass: 5900 } },
      ['SCHEME_GRADES_WRONG', { passMark: 6000 }],
    ],
    [
      'a grade above every score',
      { scale: 'five-grade', gradesFrom: { ...gradesFrom, excellent: 10_001 } },
      ['SCHEME_GRADES_WRONG'],
    ],
    [
      'two assessors where the enterprise may score nothing',
      { components: [exam, training, defense].map((component) => ({ ...component, side: 'school' })) },
      ['SCHEME_SIDE_WITHOUT_COMPONENT', { side: 'enterprise' }],
    ],
    [
      'two assessors where the school may score nothing',
      { components: [exam, training, defense].map((component) => ({ ...component, side: 'enterprise' })) },
      ['SCHEME_SIDE_WITHOUT_COMPONENT', { side: 'school' }],
    ],
    ['a rounding that overshoots', { rounding: { mode: 'half-up', unit: 300 } }, ['SCHEME_ROUNDING_WRONG', { unit: 300 }]],
    ['a cap that lets nobody pass', { makeUpCap: 5900 }, ['SCHEME_CAP_BELOW_PASS_MARK', { makeUpCap: 5900 }]],
  ])('refuses %s', (_, said, [code, facts]) => {
    schemes
      .given()
      .when({ ...adopt, ...said })
      .refuses(code, { ...facts });
  });
});

it('the command table says what was seen', () => {
  const { AdoptEvaluationScheme } = curriculumCommands;
  expectTable({ AdoptEvaluationScheme }, schemes.seen, [], commonRefusals);
});
