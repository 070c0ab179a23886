using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace McpDevBench.Tests;

/// <summary>What scripts/count.sh counts may fall and never rise.</summary>
public sealed class CodeCountTests
{
    /// <summary>Today's counts. Lower one with every change that makes it smaller; 0 stays 0.</summary>
    private static readonly Dictionary<string, int> _ceilings = new()
    {
        ["wide"] = 157, ["nested"] = 0, ["constructor"] = 0, ["twice"] = 0, ["long"] = 0, ["idiom"] = 0, ["median"] = 70,
    };

    private static readonly string _root = Root();

    [Fact]
    public void No_count_rises()
    {
        var counts = Count("--totals").ToDictionary(
            line => line.Split(' ')[0], line => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
        Assert.Equal(_ceilings.Keys.Order(), counts.Keys.Order());
        var risen = counts.Where(count => count.Value > _ceilings[count.Key])
            .Select(count => $"{count.Key}: {count.Value}, at most {_ceilings[count.Key]}. 'scripts/count.sh | grep \" {count.Key} \"' names the places.");
        Assert.Empty(risen);
    }

    [Fact]
    public void Each_kind_of_offender_is_found_at_its_line()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["scripts/count"]);
        foreach (var file in new[] { "count.sh", "lib.sh", "count/code.awk", "count/types.awk", "count/idioms.txt" })
            File.Copy(Path.Combine(_root, "scripts", file), folder["scripts/" + file]);
        foreach (var room in new[] { "src/Server", "src/Agent", "tests", "bench", "docs", "deploy", ".ci" })
            Directory.CreateDirectory(folder[room]);
        foreach (var page in new[] { "README.md", "AGENTS.md", "CONTRIBUTING.md", "Makefile", "Dockerfile.aot" })
            File.WriteAllText(folder[page], "Plain words.\n");
        File.WriteAllText(folder["README.md"], "A note that nobody reads.\n");
        var parameters = string.Join(", ", Enumerable.Range(1, 9).Select(number => $"Dictionary<int, int> p{number}"));
        File.WriteAllText(folder["src/Server/Thing.cs"], string.Join('\n',
        ["namespace Server;",
            $"internal sealed class Thing({parameters})",
            "{",
            "    // a ? b : c ? d : e",
            "    private readonly string _text = \"a ? b : c ? d : e\";",
            "    private int? Chosen(bool a, bool b) => a ? 1",
            "        : b ? 2 : null;",
            "    private int Plain(bool a, int? b) => Max(a ? 1 : 2, b ?? 3);",
            $"    // {new string('x', 140)}",
            $"    // {new string('é', 133)}",
            "}",
            ""]));
        File.WriteAllText(folder["src/Agent/Thing.cs"], "namespace Agent;\ninternal sealed record Thing(int A);\n" + new string('\n', 300));

        Assert.Equal(
            [
                "README.md:1 idiom nobody",
                "src/Agent/Thing.cs:2 twice Thing",
                "src/Agent/Thing.cs:301 long 302 lines",
                "src/Server/Thing.cs:2 constructor Thing has 9 parameters",
                "src/Server/Thing.cs:2 twice Thing",
                "src/Server/Thing.cs:2 wide 252 columns",
                "src/Server/Thing.cs:7 nested conditional expression",
                "src/Server/Thing.cs:9 wide 147 columns",
                "constructor 1", "idiom 1", "long 1", "median 11", "nested 1", "twice 2", "wide 2",
            ],
            Run(folder["scripts/count.sh"]).GroupBy(line => line.Contains(':', StringComparison.Ordinal))
                .OrderByDescending(group => group.Key).SelectMany(group => group.Order(StringComparer.Ordinal)));
    }

    private static string[] Count(params string[] arguments) => Run(Path.Combine(_root, "scripts/count.sh"), arguments);

    private static string[] Run(string script, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [script, .. arguments]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));
}
