using System.Globalization;
using System.Text;

namespace McpDevBench.EndToEndTests.Projects;

/// <summary>Three projects of realistic size, each with one fault that its tests show. What repeats in them is made here.</summary>
internal static class ProjectCatalogue
{
    /// <summary>Files of an installed package: what a listing or a search must not drown in.</summary>
    private const int InstalledFiles = 300;

    private static readonly string[] _currencies =
    [
        "aud", "brl", "cad", "chf", "cny", "czk", "dkk", "eur", "gbp", "hkd", "huf", "inr",
        "isk", "jpy", "krw", "mxn", "nok", "nzd", "pln", "ron", "sek", "sgd", "usd", "zar",
    ];

    /// <summary>A ledger in Python, in a virtual environment: split() loses what a division leaves.</summary>
    public static Project Python()
    {
        var project = Project.FromFolder("python")
            .Add(".gitignore", ".venv/\n__pycache__/\n.pytest_cache/\n")
            .WithCarriageReturns("ledger/core/split.py")
            .Add("data/bank.csv", Encoding.Latin1.GetBytes(
                "day;account;amount;text\r\n2024-03-01;salary;2100,00;March\r\n"
                + "2024-03-02;Café;-12,50;déjeuner\r\n2024-03-03;Müller;-49.99;Schuhe\r\n"))
            .Add("data/opening.csv", "\ufeffday;account;amount;text\n2024-01-01;cash;50.00;\n2024-01-01;savings;10000.00;\n")
            .Add("ledger/currencies/__init__.py", "\"\"\"One module for each currency.\"\"\"\n")
            .Add("tests/currencies/__init__.py", "")
            .Add(".venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = true\nversion = 3.11.2\n")
            .AddLink(".venv/bin/python3", "/usr/bin/python3")
            .AddLink(".venv/bin/python", "python3")
            .AddLink(".venv/lib64", "lib");
        foreach (var code in _currencies)
        {
            var decimals = code is "isk" or "jpy" or "krw" ? 0 : 2;
            var unit = decimals == 0 ? "1" : "100";
            project.Add($"ledger/currencies/{code}.py", $$""""
                """The currency {{code.ToUpperInvariant()}}."""

                CODE = "{{code.ToUpperInvariant()}}"
                DECIMALS = {{decimals}}
                UNIT = 10 ** DECIMALS


                def format_{{code}}(amount):
                    """Formats an amount in minor units, with the code after it."""
                    sign = "-" if amount < 0 else ""
                    units, rest = divmod(abs(amount), UNIT)
                    fraction = f".{rest:0{DECIMALS}d}" if DECIMALS else ""
                    return f"{sign}{units}{fraction} {CODE}"

                """");
            project.Add($"tests/currencies/test_{code}.py", $"""
                from ledger.currencies.{code} import CODE, UNIT, format_{code}


                def test_code():
                    assert CODE == "{code}".upper()
                    assert UNIT == {unit}


                def test_format():
                    assert format_{code}(-3 * UNIT).startswith("-3")
                    assert format_{code}(0).endswith(CODE)

                """);
        }
        for (var file = 0; file < InstalledFiles; file++)
        {
            project.Add(
                $".venv/lib/python3.11/site-packages/counting/part_{file:000}.py",
                $"\"\"\"Part {file} of a package.\"\"\"\n\n\ndef split(text):\n    return text.split()\n");
        }
        return project;
    }

    /// <summary>A kiosk's prices in JavaScript, with an installed package: thresholds are sorted as text.</summary>
    public static Project Node()
    {
        var project = Project.FromFolder("node")
            .Add(".gitignore", "node_modules/\n*.log\n")
            .WithCarriageReturns("lib/pricing/discount.js")
            .Add("data/menu.json", "\ufeff" + """
                { "coffee": { "price": 250 }, "tea": { "price": 200 }, "juice": { "price": 320 } }

                """)
            .Add("data/names.txt", Encoding.Latin1.GetBytes("coffee=Café crème\r\ntea=Thé\r\njuice=Jus pressé\r\n"))
            .Add("node_modules/tidy/package.json", """{ "name": "tidy", "version": "1.0.0", "bin": { "tidy": "cli.js" } }""" + "\n")
            .Add("node_modules/tidy/cli.js", """
                #!/usr/bin/env node
                'use strict';
                const fs = require('node:fs');
                const path = require('node:path');
                let files = 0, faults = 0;
                (function visit(folder) {
                  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
                    const name = path.join(folder, entry.name);
                    if (entry.isDirectory()) { visit(name); continue; }
                    files++;
                    fs.readFileSync(name, 'utf8').split(/\r?\n/).forEach((line, index) => {
                      if (/[ \t]$/.test(line)) { faults++; console.log(`${name}:${index + 1}: space at the end of a line`); }
                    });
                  }
                })(process.argv[2]);
                console.log(`${files} files, ${faults} faults`);
                process.exitCode = faults ? 1 : 0;

                """)
            .AddLink("node_modules/.bin/tidy", "../tidy/cli.js");
        for (var size = 1; size <= 24; size++)
        {
            project.Add($"lib/labels/label{size}.js", $$"""
                'use strict';

                /** A label of {{size}} characters, filled up or cut. */
                function label{{size}}(text) {
                  return text.length > {{size}} ? text.slice(0, {{size}}) : text.padEnd({{size}}, '.');
                }

                module.exports = { label{{size}} };

                """);
            project.Add($"test/labels/label{size}.test.js", $$"""
                'use strict';

                const test = require('node:test');
                const assert = require('node:assert');
                const { label{{size}} } = require('../../lib/labels/label{{size}}');

                test('label {{size}} is filled up', () => assert.strictEqual(label{{size}}('x').length, {{size}}));
                test('label {{size}} is cut', () => assert.strictEqual(label{{size}}('y'.repeat(40)), 'y'.repeat({{size}})));

                """);
        }
        for (var file = 0; file < InstalledFiles; file++)
            project.Add($"node_modules/counting/part{file:000}.js", $"// Thresholds of part {file}.\nmodule.exports = [{file}].sort();\n");
        return project;
    }

    /// <summary>A key-value store in C: a table that grows is filled by the old capacity.</summary>
    public static Project C()
    {
        var project = Project.FromFolder("c")
            .Add(".gitignore", "build/\n")
            .WithCarriageReturns("src/table/table.c")
            .Add("data/latin1.txt", Encoding.Latin1.GetBytes("café\n"))
            .Add("data/bom.txt", "\ufeffone\r\ntwo\r\n");
        for (var shift = 1; shift <= 24; shift++)
        {
            var name = shift.ToString("00", CultureInfo.InvariantCulture);
            project.Add($"src/codec/codec_{name}.h", $"""
                #ifndef SHELF_CODEC_{name}_H
                #define SHELF_CODEC_{name}_H
                /* Moves every letter by {shift}, in place. */
                void codec_{name}(char *text);
                #endif

                """);
            project.Add($"src/codec/codec_{name}.c", $$"""
                #include "codec/codec_{{name}}.h"

                void codec_{{name}}(char *text)
                {
                    for (; *text; text++) {
                        if (*text >= 'a' && *text <= 'z')
                            *text = (char)('a' + (*text - 'a' + {{shift}}) % 26);
                    }
                }

                """);
            project.Add($"tests/test_codec_{name}.c", $$"""
                #include "check.h"
                #include "codec/codec_{{name}}.h"

                int main(void)
                {
                    char text[] = "a-1";
                    codec_{{name}}(text);
                    CHECK_TEXT(text, "{{(char)('a' + shift)}}-1");
                    return 0;
                }

                """);
        }
        return project;
    }
}
