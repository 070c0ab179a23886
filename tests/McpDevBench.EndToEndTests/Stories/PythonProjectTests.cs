using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;
using McpDevBench.EndToEndTests.Projects;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A working day in a Python project through MCP alone: upload, test, search, debug, edit, serve, commit, download.</summary>
public sealed class PythonProjectTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const string Prompt = @"\(Pdb\) $", Faulty = "ledger/core/split.py";

    [Fact]
    public async Task A_fault_in_a_Python_project_is_found_put_right_committed_and_taken_home()
    {
        var project = ProjectCatalogue.Python();
        await using var developer = await Developer.Begin(server, "ledger");
        await developer.Upload(project);
        await developer.Run("git init -q -b main && git add -A && git commit -q -m 'Import the ledger'");

        // What is ignored is not in the way of what is not.
        var listed = await developer.Call("fs_list", ("recursive", true), ("glob", "**/*.py"));
        Assert.Contains(Faulty, listed, StringComparison.Ordinal);
        Assert.DoesNotContain("site-packages", listed, StringComparison.Ordinal);

        var failed = await developer.Run("scripts/check.sh", exitCode: 1);
        Assert.Contains("assert [3333, 3333, 3333] == [3334, 3333, 3333]", failed, StringComparison.Ordinal);
        Assert.Contains("12 failed, 78 passed", failed, StringComparison.Ordinal);
        var found = await developer.Call("fs_search", ("pattern", @"def split\("));
        Assert.Contains($"{Faulty}\n4: def split(total, weights):\n", found, StringComparison.Ordinal);
        Assert.DoesNotContain("site-packages", found, StringComparison.Ordinal);
        var file = await developer.Call("fs_read", ("path", Faulty));
        Assert.Contains("for index in range(rest - 1):", file, StringComparison.Ordinal);

        await Debug(developer);

        // A file with carriage returns, edited as a model writes it: without.
        const string body = ":\n        shares[index] += 1";
        var diff = await developer.Edit(Faulty, "in range(rest - 1)" + body, "in range(rest)" + body, Developer.Etag(file));
        Assert.Contains("+    for index in range(rest):", diff, StringComparison.Ordinal);
        Assert.Contains("90 passed", await developer.Run("scripts/check.sh"), StringComparison.Ordinal);

        var serving = await developer.Start(".venv/bin/python -m ledger serve 8765 data/bank.csv data/opening.csv");
        await developer.WaitFor(serving, "^Listening on ");
        var balance = await developer.Run("curl -sS http://localhost:8765/balance");
        Assert.Contains(""" "Müller": "-49.99",""", balance, StringComparison.Ordinal);
        var shares = await developer.Run("curl -sS http://localhost:8765/split/100/3");
        Assert.Contains("""["33.34", "33.33", "33.33"]""", shares, StringComparison.Ordinal);
        await developer.WaitFor(serving, "GET /split/100/3 HTTP/1.1. 200");

        var end = new ProjectEnd(developer, project.Replace(Faulty, "range(rest - 1)", "range(rest)"), "scripts/check.sh", "90 passed");
        await end.Commit("Give away all of the rest");
        await end.GoOnAfterReboot(serving);
        await end.ComeBackTomorrow();
        await end.TakeHome(server, "__pycache__", ".pytest_cache");
    }

    private static async Task Debug(Developer developer)
    {
        var pdb = await developer.Start(".venv/bin/python -m pdb -m ledger split 100.00 3", pty: true);
        await developer.WaitFor(pdb, Prompt);
        Assert.Contains("Breakpoint 1 at", await developer.Say(pdb, $"break {Faulty}:13", Prompt), StringComparison.Ordinal);
        Assert.Contains("range(rest - 1)", await developer.Say(pdb, "continue", Prompt), StringComparison.Ordinal);
        var values = await developer.Say(pdb, "p rest, shares, list(range(rest - 1))", Prompt);
        Assert.Contains("(1, [3333, 3333, 3333], [])", values, StringComparison.Ordinal);
        Assert.Contains("exited", await developer.SayLast(pdb, "quit"), StringComparison.Ordinal);
    }
}
