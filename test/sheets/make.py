#!/usr/bin/python3
"""Makes the workbooks beside it with other programs: openpyxl (python3-openpyxl), LibreOffice Calc (libreoffice-calc) and, for
the encrypted one, an npm package.

One small file for each thing that real sheets do; sheets.spec.ts says how each is read. All people are fictitious, their ids carry valid
check digits. What neither can write is put into their files by hand, as Excel writes it. Run it in this folder; it replaces files/.
"""

import datetime
import os
import re
import shutil
import subprocess
import tempfile
import zipfile

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")


def resident_id(birth, order, area="440305"):
    body = f"{area}{birth}{order}"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights)) % 11]


HEADER = ["学号", "姓名", "身份证号", "专业名称", "入学日期", "班级"]
IDS = [resident_id(f"200801{day:02}", f"{100 + day}") for day in range(1, 29)]
NAMES = ["林晓雨", "陈思远", "周子涵", "吴佳怡", "郑浩然", "孙雨桐", "马天宇", "朱梓萱"]


def student(i, **over):
    row = {
        "学号": f"00260{i:04}",
        "姓名": NAMES[i % len(NAMES)],
        "身份证号": IDS[i],
        "专业名称": "电子商务",
        "入学日期": "2026-09-01",
        "班级": "电商2601班",
    }
    row.update(over)
    return [row[name] for name in HEADER]


def book(*rows, header=HEADER):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "名册"
    if header:
        sheet.append(header)
    for row in rows:
        sheet.append(row)
    return workbook, sheet


def save(workbook, name):
    # The same bytes whenever it is made.
    workbook.properties.created = workbook.properties.modified = datetime.datetime(2026, 11, 22)
    workbook.save(os.path.join(FILES, name))


def rewritten(name, changes):
    """Changes parts of a file, each by a function of its bytes."""
    path = os.path.join(FILES, name)
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    for part, change in changes.items():
        parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part, content in parts.items():
            new.writestr(zipfile.ZipInfo(part, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


conversions = {}


def calc(name, into, filter_name):
    """Has a file opened in LibreOffice and saved as another kind, with all the others of its kind."""
    conversions.setdefault(filter_name, []).append((name, into))


def convert():
    for filter_name, files in conversions.items():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", filter_name,
                 "--outdir", folder, *[os.path.join(FILES, name) for name, _ in files]],
                check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for name, into in files:
                made = os.path.splitext(name)[0] + "." + filter_name.split(":")[0]
                shutil.move(os.path.join(folder, made), os.path.join(FILES, into))


def layout():
    workbook, sheet = book(header=None)
    sheet.append(["某职业技术学院2026级新生名册"])
    sheet.merge_cells("A1:F1")
    sheet.append(["填报单位：商学院", None, None, None, "2026年9月"])
    sheet.append(["填表说明：带*的为必填项；入学日期写到日。"])
    sheet.append([])
    sheet.append([None, *HEADER])
    sheet.append([None, *student(0)])
    sheet.append([])
    sheet.append([None, *student(1)])
    sheet.append(["合计", "2人"])
    sheet.append(["制表人：王老师", None, None, "审核人："])
    sheet.append(["注：以上信息由学生本人确认"])
    save(workbook, "layout.xlsx")
    calc("layout.xlsx", "layout-calc.xlsx", "xlsx:Calc MS Excel 2007 XML")

    workbook, sheet = book(student(0))
    first = workbook.create_sheet("说明", 0)
    first.append(["请填写“名册”工作表"])
    other = workbook.create_sheet("往届")
    other.append(HEADER)
    other.append(student(7))
    save(workbook, "sheets.xlsx")

    workbook, sheet = book(*[student(i) for i in range(4)])
    sheet.auto_filter.ref = "A1:F5"
    sheet.freeze_panes = "A2"
    for row in (3, 4):
        sheet.row_dimensions[row].hidden = True
    sheet.column_dimensions["C"].hidden = True
    save(workbook, "hidden-rows.xlsx")
    calc("hidden-rows.xlsx", "hidden-rows-calc.xlsx", "xlsx:Calc MS Excel 2007 XML")

    workbook, sheet = book(student(0))
    sheet.sheet_state = "veryHidden"
    workbook.create_sheet("封面").append(["2026级"])
    workbook.active = 1
    save(workbook, "hidden-sheet.xlsx")

    workbook, sheet = book(student(7))
    sheet.title = "往届"
    sheet.sheet_state = "hidden"
    seen = workbook.create_sheet("名册")
    seen.append(HEADER)
    seen.append(student(0))
    workbook.active = 1
    save(workbook, "hidden-sheet-first.xlsx")

    workbook, sheet = book(student(0), *[student(i, 班级=None) for i in (1, 2)], student(3, 班级="电商2602班"))
    sheet.merge_cells("F2:F4")
    save(workbook, "merged.xlsx")
    calc("merged.xlsx", "merged-calc.xlsx", "xlsx:Calc MS Excel 2007 XML")

    workbook, sheet = book(header=["学号", "姓名", "证件", None, "专业名称", "入学日期"])
    sheet.append([None, None, "类型", "号码", None, None])
    for at in "ABEF":
        sheet.merge_cells(f"{at}1:{at}2")
    sheet["C1"] = "身份证号"
    row = student(0)
    sheet.append([row[0], row[1], row[2], None, row[3], row[4]])
    save(workbook, "header-of-two-rows.xlsx")

    workbook, sheet = book(["2026级新生名册"], header=None)
    sheet.merge_cells("A1:H1")
    sheet.append(["序号", "学号", "姓名", "学籍信息", None, None, "身份信息", None])
    sheet.append([None, None, None, "专业名称", "入学日期", "班级", "身份证号", "联系电话"])
    for at in "ABC":
        sheet.merge_cells(f"{at}2:{at}3")
    sheet.merge_cells("D2:F2")
    sheet.merge_cells("G2:H2")
    for i in range(2):
        row = student(i)
        sheet.append([i + 1, row[0], row[1], row[3], row[4], row[5], row[2] if i == 0 else "1", "13800138000"])
    save(workbook, "header-in-groups.xlsx")

    workbook, sheet = book(header=[*HEADER, "联系方式", None])
    sheet.append([None, None, None, None, None, None, "联系电话", "监护人电话"])
    for at in "ABCDEF":
        sheet.merge_cells(f"{at}1:{at}2")
    sheet.merge_cells("G1:H1")
    sheet.append([*student(0), "13800138000", "13900139000"])
    save(workbook, "header-with-sub-columns.xlsx")


def numbers():
    workbook, sheet = book(
        student(0, 学号=20260001),
        student(1, 学号=20260002.0),
        student(2, 学号="2.0260003E7"),
        student(3, 学号="'0026004"),
        student(4, 学号="20260005.0"),
        student(5, 学号=26006),
        student(6, 学号=7),
    )
    sheet["A7"].number_format = "00000000"
    sheet["A8"].number_format = '"2026"0000'
    save(workbook, "numbers.xlsx")
    calc("numbers.xlsx", "numbers-calc.xlsx", "xlsx:Calc MS Excel 2007 XML")

    workbook, sheet = book(
        student(0, 身份证号=int(resident_id("20080101", "102", "110101").replace("X", "0"))),
        student(1, 身份证号="4.40305E+17"),
        student(2, 学号="2.0261E+10"),
        student(3, 学号=2026000000000001),
        student(4, 班级=datetime.date(2026, 1, 2)),
    )
    save(workbook, "digits-lost.xlsx")
    calc("digits-lost.xlsx", "digits-lost-calc.xlsx", "xlsx:Calc MS Excel 2007 XML")


def dates():
    day = datetime.date(2026, 9, 1)
    forms = [day, datetime.datetime(2026, 9, 1, 8, 30), 46266, "20260901", 20260901, "2026-09-01", "2026/9/1", "2026.9.1",
             "2026年9月1日", "2026.9", 2026.9, "202609", 202609, "2026-09-01 08:30:00"]
    workbook, sheet = book(*[student(i, 入学日期=form) for i, form in enumerate(forms)])
    sheet["E2"].number_format = 'yyyy"年"m"月"d"日"'
    save(workbook, "dates.xlsx")
    calc("dates.xlsx", "dates-calc.xlsx", "xlsx:Calc MS Excel 2007 XML")

    workbook, sheet = book()
    workbook.epoch = CALENDAR_MAC_1904
    for i, form in enumerate([day, datetime.datetime(2026, 9, 1, 8, 30), 46266 - 1462]):
        sheet.append(student(i, 入学日期=form))
    save(workbook, "dates-1904.xlsx")
    calc("dates-1904.xlsx", "dates-1904-calc.xlsx", "xlsx:Calc MS Excel 2007 XML")

    workbook, sheet = book(*[student(i, 入学日期=form) for i, form in enumerate(["2026-02-31", "20260231", 60, "九月", datetime.time(8, 30)])])
    sheet["E4"].number_format = "yyyy-mm-dd"
    save(workbook, "dates-wrong.xlsx")


def changes():
    """A list of status changes counted from 1904: days as numbers, as dates, and a class (3-1) that became one."""
    header = ["学号", "姓名", "异动类型", "异动日期", "异动原因", "期满日期", "转入班级", "备注"]
    day, until = datetime.date(2026, 10, 7), datetime.date(2027, 9, 1)
    since_1904 = lambda date: (date - datetime.date(1904, 1, 1)).days
    workbook, sheet = book(header=None)
    workbook.epoch = CALENDAR_MAC_1904
    rows = [
        ["休学", since_1904(day), "因病", since_1904(until), None, None],
        ["休学", day, "因病", until, None, day],
        ["转班", day, None, None, datetime.date(2026, 3, 1), None],
    ]
    for i, row in enumerate([header, *rows]):
        sheet.append(row if i == 0 else [f"2619040{i}", NAMES[i], *row])
    save(workbook, "changes-1904.xlsx")
    calc("changes-1904.xlsx", "changes-1904-calc.xlsx", "xlsx:Calc MS Excel 2007 XML")


def characters():
    x_id = next(i for order in range(100, 999) if (i := resident_id("20080101", str(order))).endswith("X"))
    workbook, sheet = book(
        student(0, 学号="２０２６０００Ａ１", 姓名="王　芳"),
        student(1, 姓名=" 李 娜 ", 身份证号=x_id.lower()),
        student(2, 姓名="阿依古丽•买买提"),
        student(3, 姓名="阿依古丽・买买提"),
        student(4, 姓名="扎西·次仁"),
        student(5, 姓名="𠮷田𬭚"),
        student(6, 姓名="\ue863明"),
        student(7, 姓名="\ue000明"),
    )
    save(workbook, "characters.xlsx")
    calc("characters.xlsx", "characters-calc.xlsx", "xlsx:Calc MS Excel 2007 XML")


def cells():
    rows = [student(0), student(1), student(2), student(3), student(4)]
    rows[1][3] = "=D2"
    rows[2][5] = '=F2&""'
    rows[3][3] = "=VLOOKUP(A5,X1:Y2,2,FALSE)"
    rows[4][5] = '=IF(1,"","x")'
    workbook, sheet = book(*rows)
    # Nobody has calculated it: openpyxl writes formulas alone.
    save(workbook, "formulas-without-values.xlsx")
    calc("formulas-without-values.xlsx", "formulas-calc.xlsx", "xlsx:Calc MS Excel 2007 XML")

    workbook, sheet = book(student(0, 专业名称="#N/A"), student(1, 班级="#REF!"))
    for place in ("D2", "F3"):
        sheet[place].data_type = "e"
    save(workbook, "errors.xlsx")

    workbook, sheet = book(student(0, 姓名="RICH"), student(1, 姓名="PHONETIC"))
    save(workbook, "rich-text.xlsx")
    calc("rich-text.xlsx", "rich-text-calc.xlsx", "xlsx:Calc MS Excel 2007 XML")

    # Strings within the cells, under a prefix, as programs on .NET write them.
    workbook, sheet = book(student(0))
    save(workbook, "prefix.xlsx")
    rewritten("prefix.xlsx", {
        "xl/worksheets/sheet1.xml": lambda xml: re.sub(r"<(/?)(?=[a-z])", r"<\1x:", xml.decode()).replace("xmlns=", "xmlns:x=", 1).encode(),
    })


def rich_text(xml):
    """Runs and pronunciation as Excel stores them, in the strings of the cells (openpyxl) or shared (LibreOffice)."""
    return (
        re.sub(r"<t[^>]*>RICH</t>", '<r><rPr><b/><sz val="11"/></rPr><t>林</t></r><r><t xml:space="preserve">晓雨 </t></r>',
               re.sub(r"<t[^>]*>PHONETIC</t>", '<t>陈思远</t><rPh sb="0" eb="1"><t>chen</t></rPh><phoneticPr fontId="1"/>', xml.decode()))
    ).encode()


def unreadable():
    workbook, sheet = book(*[student(i) for i in range(8)])
    save(workbook, "whole.xlsx")
    whole = os.path.join(FILES, "whole.xlsx")
    calc("whole.xlsx", "legacy.xls", "xls:MS Excel 97")
    calc("whole.xlsx", "open-document.ods", "ods")
    with open(whole, "rb") as file:
        content = file.read()
    with open(os.path.join(FILES, "truncated.xlsx"), "wb") as file:
        file.write(content[: len(content) * 2 // 3])
    with open(os.path.join(FILES, "web-page.xls"), "w", encoding="utf-8") as file:
        file.write("<html><head><meta charset=utf-8></head><body><table><tr><td>学号</td></tr></table></body></html>")
    with open(os.path.join(FILES, "empty.xlsx"), "wb"):
        pass
    with open(os.path.join(FILES, "nul.csv"), "wb") as file:
        file.write("学号,姓名\n1,王\0芳\n".encode())
    with zipfile.ZipFile(os.path.join(FILES, "archive.xlsx"), "w") as archive:
        archive.writestr(zipfile.ZipInfo("名册.csv", (1980, 1, 1, 0, 0, 0)), "学号,姓名\n")
    encrypted()
    bombs()


def encrypted():
    """As Excel encrypts (ECMA-376 agile), by the npm package hucre."""
    script = (
        "import { writeXlsx } from 'hucre'; import { writeFileSync } from 'node:fs';"
        "writeFileSync(process.argv[2], await writeXlsx({ sheets: [{ name: '名册', rows: [['学号']] }], encryption: { password: '2026' } }));"
    )
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, "hucre@1.0.0"], check=True)
        with open(os.path.join(folder, "lock.mjs"), "w", encoding="utf-8") as file:
            file.write(script)
        subprocess.run(["node", os.path.join(folder, "lock.mjs"), os.path.join(FILES, "encrypted.xlsx")], check=True)


def bombs():
    """A few kilobytes that would unpack to hundreds of megabytes; sizes as large as they say, so that only a limit stops them."""
    space = b" " * 1_000_000

    def bomb(into, name, begin, middle, times, end):
        with zipfile.ZipFile(os.path.join(FILES, "whole.xlsx")) as old, zipfile.ZipFile(os.path.join(FILES, into), "w", zipfile.ZIP_DEFLATED) as new:
            for info in old.infolist():
                if info.filename != name:
                    new.writestr(zipfile.ZipInfo(info.filename, (1980, 1, 1, 0, 0, 0)), old.read(info), zipfile.ZIP_DEFLATED)
            item = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            item.compress_type = zipfile.ZIP_DEFLATED
            with new.open(item, "w") as file:
                file.write(begin)
                for _ in range(times):
                    file.write(middle)
                file.write(end)

    bomb("bomb-styles.xlsx", "xl/styles.xml", b"<styleSheet>", space, 20, b"</styleSheet>")
    bomb("bomb-string.xlsx", "xl/worksheets/sheet1.xml", b'<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>', space, 10, b"")
    bomb("bomb-entities.xlsx", "xl/workbook.xml",
         b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><workbook>&c;', b"", 0,
         b"</workbook>")
    bomb("bomb-deep.xlsx", "xl/worksheets/sheet1.xml", b"<worksheet><sheetData>", b"<row>" * 10_000, 1, b"")


if __name__ == "__main__":
    shutil.rmtree(FILES, ignore_errors=True)
    os.makedirs(FILES)
    for make in (layout, numbers, dates, changes, characters, cells, unreadable):
        make()
    convert()
    rewritten("rich-text.xlsx", {"xl/worksheets/sheet1.xml": rich_text})
    rewritten("rich-text-calc.xlsx", {"xl/sharedStrings.xml": rich_text})
