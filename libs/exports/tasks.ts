import type { Language } from '../kernel/bilingual.ts';
import { dateIn } from '../kernel/time.ts';
import { taskTitles } from '../read-models/task-kinds.ts';
import type { Task } from '../read-models/tasks.ts';
import type { Column, Table } from './sheet.ts';

/** Whose it is, where it is a student's. */
export interface TaskOf {
  readonly task: Task;
  readonly studentNumber: string | null;
  readonly name: string | null;
}

const columns = (language: Language): readonly Column[] => {
  const zh = language === 'zh';
  return [
    { title: zh ? '事项' : 'kind' },
    { title: zh ? '截止日期' : 'due on', kind: 'date' },
    { title: zh ? '逾期' : 'overdue' },
    { title: zh ? '起始日期' : 'since', kind: 'date' },
    { title: zh ? '原因' : 'why' },
    { title: zh ? '学号' : 'student number' },
    { title: zh ? '姓名' : 'name' },
    { title: zh ? '学籍标识' : 'enrollment id' },
    { title: zh ? '单位标识' : 'organization id' },
  ];
};

export const tasksTable = (tasks: AsyncIterable<TaskOf>, language: Language, zone: string): Table => ({
  name: { zh: '待办', en: 'tasks' }[language],
  columns: columns(language),
  rows: rowsOf(tasks, language, zone),
});

async function* rowsOf(
  tasks: AsyncIterable<TaskOf>,
  language: Language,
  zone: string,
): AsyncGenerator<readonly string[], void, undefined> {
  for await (const { task, studentNumber, name } of tasks) {
    const { kind, dueOn, overdue, since, why, enrollmentId, organizationId } = task;
    yield [
      taskTitles[kind][language],
      dueOn ?? '',
      overdue ? { zh: '是', en: 'yes' }[language] : '',
      since === null ? '' : dateIn(since, zone),
      why[language],
      studentNumber ?? '',
      name ?? '',
      enrollmentId ?? '',
      organizationId ?? '',
    ];
  }
}
