import type { Bilingual, Language } from '../../libs/kernel/bilingual.ts';

/** The CLI's own sentences. Refusals and row problems bring theirs. */
export const words = {
  usage: {
    zh: `用法：npm run -s ledger -- <命令> [参数]

  import KIND FILE              导入表格（xlsx 或 csv），KIND 为：
      roster                    学籍名册
      programs, courses         专业；课程（内容不同即新版本）
      organizations, mentors    单位；教师和导师
      contracts                 账本之前的三方协议
      results                   教务系统导出的成绩，原样即可
      registrations             新生注册（证件号码、姓名、学号）
      annual-registrations      学年注册
      status-changes            学籍异动
      class-changes             调班
      rechecks                  入学资格复查结果
      --dry-run                 只说明会发生什么，不写入
      --form-classes            首次出现的行政班自动组建
      --sheet NAME|NUMBER       读哪张工作表（默认第一张有表头的）
      --map '表头=栏目'         把某列当作某栏目；等号后为空则不读该列
                                （同类导入会记住，--map '' 则忘掉）
      --fill-down               合并单元格的内容填到其中每一行
      --limit-errors N          被拒满 N 行即停
      --result FILE             结果：.csv 为被拒行及原因，.xlsx 为原表加结果（默认同原文件）
  import KIND --template FILE   写出空白工作簿：说明、代码表和下拉选项
  batch KIND FILE               同 import（以上五种名单）
  batch registrations|annual-registrations|rechecks
                                不用名单，按班级、专业或年级办理
      --class NAME --program CODE|NAME --cohort YEAR
      --numbers FIRST           注册：学号从 FIRST 起依次编排
      --year YEAR               学年注册：学年，如 2026-2027
      --on DAY                  日期（默认现在）
  undo RUN                      申请撤销一次导入或办理（双人复核）
  undo RUN --grant REQUEST      另一人复核同意；逐行撤销，列出不能撤销的行及原因
  export SHEET [--out FILE]     导出表格：FILE 以 .xlsx 结尾为工作簿，否则为 csv；SHEET 为下列之一
      register                  学籍表；--form full|coded 全表或注册库 18 个编码字段
      transcripts               成绩（每次考核一行）
      class-lists               行政班名单（工作簿中每班一张表）
      contracts, tasks          三方协议（--org ID）；待办事项
      timeline LEARNER          某学生的全部历史记录
      --program ID --cohort YEAR --class ID
                                只导出某专业、某年级或某班的学生
  export events [--after N] [--open] [--out FILE]
                                导出事件（每行一个 JSON）
  rebuild VIEW|--all            从零重建视图，重建期间照常查询
      --verify                  只比对，不替换
      --pause | --resume | --cancel | --retry
                                暂停、继续、取消、重试
      --reason CODE --ticket NO 原因代码（默认 requested）和工单号
  verify VIEW|--all             比对视图与事件（0 一致，2 有差异，1 失败）
  parked [VIEW]                 不能折叠的事件及其停放的键（0 没有，2 有）
  retry VIEW [KEY]              立即重试停放的键（0 已完整，2 仍停放）
  release VIEW KEY --reason CODE [--ticket NO]
                                放行某键，略过该事件；重建之前标为不完整
  dev poison VIEW POSITION [--lift]
                                演练：令某事件不能折叠，--lift 解除（仅限本机）
  as-of [--recorded DAY] [--effective DAY] report NAME [--out FILE]
                                按某日所知（recorded）、某日实情（effective）出报表：
                                enrollment、transcript、apprentice、tasks
  as-of … view VIEW             只建立并保留一个视图
  as-of compare VIEW --from DAY --to DAY
                                两日之间的变化及其事件（0 无变化，2 有变化，1 失败）
  as-of list | drop ID          已保留的时点；取消或丢弃一个
  token --sub ID --role ROLE [--institution ID] [--org ID] [--learner ID]
                                生成开发令牌（仅限本机）
  backup FOLDER                 备份日志与密钥库
  restore FOLDER --erasures FILE [--master-key FILE]
                                恢复到 LEDGER_DATA，并重放删除记录

  --lang zh|en                  语言（默认按 LANG）
环境变量：LEDGER_TOKEN 令牌；LEDGER_DATA 数据目录；LEDGER_URL 服务地址（默认找数据目录里正在运行的服务，没有则自己打开数据目录）`,
    en: `Usage: npm run -s ledger -- COMMAND [ARGUMENTS]

  import KIND FILE              imports a sheet (xlsx or csv); KIND is one of
      roster                    a student roster
      programs, courses         programs; courses (other content is a new version)
      organizations, mentors    organizations; teachers and mentors
      contracts                 three-party agreements of before the ledger
      results                   results as the academic-affairs system exports them
      registrations             registrations of who is admitted (id number, name, student number)
      annual-registrations      annual registrations
      status-changes            a list of status changes
      class-changes             class changes
      rechecks                  results of the admission re-check
      --dry-run                 tells what would happen, writes nothing
      --form-classes            forms administrative classes on first sight
      --sheet NAME|NUMBER       which sheet is read (default the first one with a header)
      --map 'THEIRS=OURS'       reads a column as one of ours; none of it with nothing after the sign
                                (remembered for the next import of the kind; --map '' forgets)
      --fill-down               repeats what stands in merged cells in each of their rows
      --limit-errors N          stops after N refused rows
      --result FILE             the result: as .csv what was refused and why, as .xlsx the sheet with an answer
                                beside every row (default FILE.result, of the file's own form)
  import KIND --template FILE   writes an empty workbook with notes, code lists and drop-downs
  batch KIND FILE               the same as import, of these five lists
  batch registrations|annual-registrations|rechecks
                                without a list: by class, program or year of entry
      --class NAME --program CODE|NAME --cohort YEAR
      --numbers FIRST           registrations: student numbers from FIRST on
      --year YEAR               annual registrations: the academic year, such as 2026-2027
      --on DAY                  the day (default now)
  undo RUN                      requests that a run be taken back (four eyes)
  undo RUN --grant REQUEST      a second registrar grants it; tells every row that cannot be taken back and why
  export SHEET [--out FILE]     writes a sheet: a workbook where FILE ends in .xlsx, else csv; SHEET is one of
      register                  the student register; --form full|coded: every column, or the national register's 18
      transcripts               a row for each attempt
      class-lists               administrative classes, a sheet each in a workbook
      contracts, tasks          contracts of apprentices (--org ID); what is due
      timeline LEARNER          everything that was ever said of a learner
      --program ID --cohort YEAR --class ID
                                students of one program, year of entry or class alone
  export events [--after N] [--open] [--out FILE]
                                writes events, one JSON a line
  rebuild VIEW|--all            folds views again from zero, while they are read
      --verify                  compares alone, swaps nothing
      --pause | --resume | --cancel | --retry
                                of the rebuild that is on its way, or failed
      --reason CODE --ticket NO why (default requested), and where it is told
  verify VIEW|--all             compares views with their events (0 equal, 2 different, 1 failed)
  parked [VIEW]                 events that cannot be folded, and the keys that stand there (0 none, 2 some)
  retry VIEW [KEY]              tries parked keys again now (0 whole again, 2 still parked)
  release VIEW KEY --reason CODE [--ticket NO]
                                lets a key go on without that event; incomplete until a rebuild
  dev poison VIEW POSITION [--lift]
                                practice: that event cannot be folded; --lift mends it (loopback only)
  as-of [--recorded DAY] [--effective DAY] report NAME [--out FILE]
                                writes a report as it was believed on a day, about a day:
                                enrollment, transcript, apprentice or tasks
  as-of … view VIEW             builds and keeps one view alone
  as-of compare VIEW --from DAY --to DAY
                                what changed between two days, and by which events (0 nothing, 2 something, 1 failed)
  as-of list | drop ID          what is kept; cancels one or throws it away
  token --sub ID --role ROLE [--institution ID] [--org ID] [--learner ID]
                                mints a development token (loopback only)
  backup FOLDER                 copies the log and the key vault
  restore FOLDER --erasures FILE [--master-key FILE]
                                restores into LEDGER_DATA and replays erasures

  --lang zh|en                  language (default from LANG)
Environment: LEDGER_TOKEN token; LEDGER_DATA data folder; LEDGER_URL server (default: the server that holds the data folder; where none runs, the command opens the folder itself)`,
  },
  unknownCommand: { zh: '没有这个命令：{command}', en: 'There is no such command: {command}' },
  badArguments: { zh: '参数有误：{why}', en: 'The arguments are wrong: {why}' },
  tokenMissing: {
    zh: '需要令牌：请把启动时打印的令牌放入环境变量 LEDGER_TOKEN。',
    en: 'A token is needed: put one that the start printed into LEDGER_TOKEN.',
  },
  noKeys: {
    zh: '{folder} 中没有开发密钥：请先 npm start 一次，或设置 LEDGER_DATA。',
    en: 'There are no development keys in {folder}: run npm start once, or set LEDGER_DATA.',
  },
  fileMissing: { zh: '没有这个文件：{file}', en: 'There is no such file: {file}' },
  fileClosed: { zh: '读不了这个文件：{file}（{code}）', en: 'This file cannot be read: {file} ({code})' },
  notWritable: { zh: '无法写入 {file}（{code}）', en: '{file} cannot be written ({code})' },
  incomplete: {
    zh: '注意：内容不完整，有事件不能折叠（{views}）。见 parked。',
    en: 'Note: this is incomplete, for some events cannot be folded ({views}); see parked.',
  },
  exportBroken: { zh: '导出中断，内容不完整：{why}', en: 'The export broke off and is not whole: {why}' },
  interrupted: { zh: '已中断。', en: 'Interrupted.' },
  goOn: {
    zh: '导入尚未完成：再次运行同一命令即可继续，已写入的行不会重复。',
    en: 'The import is not finished: run the same command again and it goes on; no row is taken twice.',
  },
  cannotOpen: { zh: '无法打开账本：{why}', en: 'The ledger cannot be opened: {why}' },
  serverGone: { zh: '连不上服务 {url}：{why}', en: 'The server at {url} cannot be reached: {why}' },
  rows: { zh: '行', en: 'rows' },
  perSecond: { zh: '行/秒', en: 'rows/s' },
  left: { zh: '剩余', en: 'left' },
  continued: { zh: '继续上次未完成的导入（第 {ordinal} 次）。', en: 'Going on with the unfinished run (number {ordinal}).' },
  dryRun: { zh: '试运行：没有写入任何内容。', en: 'Dry run: nothing was written.' },
  total: { zh: '合计', en: 'total' },
  unknownColumns: { zh: '未识别的列（未读取）：{columns}', en: 'Columns that are not known (not read): {columns}' },
  unrecordedColumns: {
    zh: '账本不记录的列：{columns}',
    en: 'Columns of which nothing is recorded: {columns}',
  },
  noField: { zh: '没有栏目“{name}”；可选：{fields}', en: 'There is no column {name}; there are {fields}' },
  sheetRead: { zh: '读取了工作表“{sheet}”；未读：{others}', en: 'Sheet {sheet} was read; not read: {others}' },
  hiddenSheetRead: {
    zh: '读取了隐藏的工作表“{sheet}”；未读：{others}',
    en: 'Sheet {sheet}, which is hidden, was read; not read: {others}',
  },
  columnRead: { zh: '列“{header}”读作“{field}”', en: 'Column {header} was read as {field}' },
  hiddenRows: { zh: '读取了 {count} 个隐藏行：{rows}', en: '{count} hidden rows were read: {rows}' },
  stopped: {
    zh: '已被拒 {limit} 行，就此停止：第 {row} 行之后没有读取。',
    en: 'Stopped after {limit} refused rows: nothing after row {row} was read.',
  },
  footRows: { zh: '表尾行（未读取）：{rows}', en: 'Rows below the table (not read): {rows}' },
  warning: { zh: '第 {row} 行：{text}', en: 'Row {row}: {text}' },
  moreWarnings: { zh: '……另有 {count} 条提示', en: '… and {count} more notes' },
  nearDuplicates: {
    zh: '{count} 行与账本中的人姓名和出生日期相同而证件号码不同，请人工核对：见 {file} 的汇总表。',
    en: 'Rows with the name and birth date of somebody on record under another id number: {count}. Look at them in the summary of {file}.',
  },
  notLookedFor: {
    zh: '未能查找姓名和出生日期相同的人：{why}',
    en: 'Nobody could look for people of the same name and birth date: {why}',
  },
  result: {
    zh: '被拒行已写入 {file}：更正后可直接再次导入。',
    en: 'Refused rows are in {file}: correct them there and import that file.',
  },
  took: {
    zh: '导入各行用时 {sent} 秒，{rate} 行/秒；共用时 {seconds} 秒；视图落后 {lag} 个事件。',
    en: 'Rows took {sent} s, {rate} rows/s; {seconds} s in all; views are {lag} events behind.',
  },
  run: { zh: '批次 {runId}（撤销：undo {runId}）', en: 'Run {runId} (to take it back: undo {runId})' },
  written: { zh: '已写入 {file}', en: 'Written to {file}' },
  rebuilt: {
    zh: '视图 {view} 已重建：{events} 个事件，{seconds} 秒。',
    en: 'View {view} is rebuilt: {events} events in {seconds} s.',
  },
  rebuildProgress: {
    zh: '{view} {percent} %  {done} 个事件  {rate} 个/秒  剩余 {left} 秒  落后 {lag}',
    en: '{view} {percent} %  {done} events  {rate} events/s  {left} s left  lag {lag}',
  },
  rebuildPaused: { zh: '{view} 已暂停于 {percent} %', en: '{view} is paused at {percent} %' },
  rebuildGoesOn: {
    zh: '不再显示进展；{view} 的重建仍在服务中继续（rebuild {view} --pause 或 --cancel）。',
    en: 'No longer watching; the rebuild of {view} goes on in the server (rebuild {view} --pause or --cancel).',
  },
  rebuildGoesOnLater: {
    zh: '已停止；{view} 的重建将在账本下次打开时继续（rebuild {view} --cancel 可取消）。',
    en: 'Stopped; the rebuild of {view} goes on when the ledger is opened again (rebuild {view} --cancel calls it off).',
  },
  rebuildRefused: { zh: '{view}：未开始（{code}）', en: '{view}: not begun ({code})' },
  rebuildFailed: {
    zh: '{view} 的重建失败于第 {position} 位的事件 {event}（{type}）：{error}；现有内容不变。排除原因后运行 rebuild {view} --retry。',
    en: 'The rebuild of {view} failed at position {position}, event {event} ({type}): {error}; the live rows stay. Once mended: rebuild {view} --retry.',
  },
  rebuildBroke: {
    zh: '{view} 的重建失败；现有内容不变。原因见服务日志，之后运行 rebuild {view} --retry。',
    en: 'The rebuild of {view} failed; the live rows stay. The server’s log says why; then: rebuild {view} --retry.',
  },
  rebuildCancelled: { zh: '{view} 的重建已被取消。', en: 'The rebuild of {view} was cancelled.' },
  verified: {
    zh: '视图 {view} 与事件一致：第 {position} 位，摘要 {digest}。',
    en: 'View {view} is what its events say: position {position}, digest {digest}.',
  },
  differs: {
    zh: '视图 {view} 与事件不一致：第 {position} 位，现有 {live}，重建 {rebuilt}。',
    en: 'View {view} is not what its events say: position {position}, live {live}, rebuilt {rebuilt}.',
  },
  notCompared: {
    zh: '视图 {view} 无法比对：它已停止或规则已改。',
    en: 'View {view} could not be compared: it stands still, or is of another version.',
  },
  anotherInstitution: {
    zh: '（其他院校的一行，或未注明院校的一行）',
    en: '(a row of another institution, or one that does not say whose it is)',
  },
  backedUp: { zh: '已备份到 {folder}：日志至第 {head} 位。', en: 'Backed up to {folder}: the log up to position {head}.' },
  restored: {
    zh: '已恢复到 {folder}，重放删除记录 {replayed} 条。',
    en: 'Restored into {folder}; {replayed} erasures replayed.',
  },
  unlisted: {
    zh: '注意：备份中有 {unlisted} 条删除不在所给的 erasures.jsonl 中——它可能不是最新的。',
    en: 'Note: the backup knows {unlisted} erasures that the given erasures.jsonl does not: it may not be the latest.',
  },
} as const satisfies Record<string, Bilingual>;

/** Of taking a run back. */
export const undoWords = {
  requested: {
    zh: '已申请撤销 {runId}。请另一位教务复核：undo {runId} --grant {requestId}',
    en: 'Requested that {runId} be taken back. A second registrar grants it: undo {runId} --grant {requestId}',
  },
  unknown: { zh: '没有待复核的申请 {requestId}。', en: 'No request {requestId} is waiting.' },
  underWay: {
    zh: '已同意，正在逐行撤销 {runId}；结果见 GET /v1/imports/{runId}/undo。',
    en: 'Granted: {runId} is being taken back row by row; see GET /v1/imports/{runId}/undo.',
  },
  done: { zh: '已撤销 {takenBack} 行，未撤销 {kept} 行。', en: '{takenBack} rows taken back, {kept} left as they are.' },
} as const satisfies Record<string, Bilingual>;

/** Of moments of the past. */
export const asOfWords = {
  kept: {
    zh: '已保留 {id}：{views}，所知截至 {recorded}，实情截至 {effective}。',
    en: 'Kept as {id}: {views}, recorded by {recorded}, effective by {effective}.',
  },
  dropped: { zh: '已丢弃 {id}。', en: '{id} is thrown away.' },
  none: { zh: '没有保留任何时点。', en: 'Nothing is kept.' },
  noReport: { zh: '没有报表“{name}”；可选：{reports}', en: 'There is no report {name}; there are {reports}' },
  failed: {
    zh: '建立失败：视图 {view} 不能折叠第 {position} 位的事件（{type}）。',
    en: 'It cannot be built: {view} cannot fold the event at position {position} ({type}).',
  },
  broke: { zh: '建立失败，原因见服务日志。', en: 'It cannot be built; the server’s log says why.' },
  differences: { zh: '共 {count} 条记录不同。', en: '{count} records differ.' },
  compared: {
    zh: ['编号', '姓名', '变化', '项目', '原值', '新值', '事件'],
    en: ['id', 'name', 'change', 'field', 'old', 'new', 'events'],
  },
} as const;

/** Of fold keys that stand before an event. */
export const parkedWords = {
  none: { zh: '没有停放的键。', en: 'Nothing is parked.' },
  nothing: { zh: '{view} 没有停放。', en: 'Nothing of {view} is parked.' },
  more: { zh: '……另有 {count} 个', en: '… and {count} more' },
  anothers: { zh: '（其他院校）', en: '(another institution’s)' },
  standing: {
    zh: '{view} {key}：停在第 {position} 位的事件 {event}（{type}）：{error}；自 {since}，已试 {attempts} 次，下次 {next}',
    en: '{view} {key}: stands before position {position}, event {event} ({type}): {error}; since {since}, tried {attempts} times, next {next}',
  },
  leftOut: {
    zh: '{view} {key}：已放行，略过第 {position} 位的事件 {event}（{type}）：{error}；重建之前不完整',
    en: '{view} {key}: released without position {position}, event {event} ({type}): {error}; incomplete until a rebuild',
  },
  whole: { zh: '{view} 已补齐，没有停放的键。', en: '{view} is made up for: nothing stands still.' },
  released: {
    zh: '{view} {key} 已放行，略过第 {position} 位的事件；运行 rebuild {view} 之前标为不完整。',
    en: '{view} {key} goes on without position {position}; it is marked as incomplete until rebuild {view}.',
  },
  releasing: {
    zh: '{view} {key} 的放行已记录，尚未生效。',
    en: 'The release of {view} {key} is on record and not carried out yet.',
  },
  needsServer: {
    zh: '演练需要正在运行的服务：请先 npm start。',
    en: 'Practice needs a server that runs: npm start first.',
  },
  practised: {
    lifted: {
      zh: '{view} 可再折叠第 {position} 位；停放的键正在重试。',
      en: '{view} can fold position {position} again; what is parked is being tried.',
    },
    ahead: {
      zh: '第 {position} 位尚无事件；到来的事件 {view} 将不能折叠。',
      en: 'Position {position} has no event yet; {view} will not fold what comes there.',
    },
    folded: {
      zh: '{view} 不能再折叠第 {position} 位的事件 {event}（{type}）；它已在现有内容中，重建时才会遇到。',
      en: '{view} cannot fold position {position} any more, event {event} ({type}); the live rows hold it already, a rebuild meets it.',
    },
    poisoned: {
      zh: '{view} 不能折叠第 {position} 位的事件 {event}（{type}）。',
      en: '{view} cannot fold position {position}, event {event} ({type}).',
    },
  },
} as const;

/** What became of a rebuild, and what is the matter with a row. */
export const rebuildWords = {
  moved: {
    pause: { zh: '{view} 的重建已暂停。', en: 'The rebuild of {view} is paused.' },
    resume: { zh: '{view} 的重建已继续。', en: 'The rebuild of {view} goes on.' },
    cancel: { zh: '{view} 的重建已取消。', en: 'The rebuild of {view} is cancelled.' },
  },
  rows: {
    missing: { zh: '缺少', en: 'lacks' },
    extra: { zh: '多出', en: 'has one too many:' },
    changed: { zh: '不同', en: 'differs:' },
  },
} as const satisfies Record<string, Record<string, Bilingual>>;

export const languageOf = (asked: string | undefined, env: NodeJS.ProcessEnv): Language => {
  if (asked === 'zh' || asked === 'en') return asked;
  return /^zh/i.test(env['LC_ALL'] ?? env['LC_MESSAGES'] ?? env['LANG'] ?? '') ? 'zh' : 'en';
};
