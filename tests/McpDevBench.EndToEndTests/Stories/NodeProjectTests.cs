using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;
using McpDevBench.EndToEndTests.Projects;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A working day in a Node project through MCP alone: upload, test, search, debug, edit, serve, commit, download.</summary>
public sealed class NodeProjectTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const string Faulty = "lib/pricing/discount.js";
    private const string Before = "Object.keys(tiers).sort();", After = "Object.keys(tiers).map(Number).sort((a, b) => a - b);";

    [Fact]
    public async Task A_fault_in_a_Node_project_is_found_put_right_committed_and_taken_home()
    {
        var project = ProjectCatalogue.Node();
        await using var developer = await Developer.Begin(server, "kiosk");
        await developer.Upload(project);
        await developer.Run("git init -q -b main && git add -A && git commit -q -m 'Import the kiosk'");

        var listed = await developer.Call("fs_list", ("recursive", true));
        Assert.Contains(Faulty, listed, StringComparison.Ordinal);
        Assert.DoesNotContain("node_modules/tidy", listed, StringComparison.Ordinal);
        Assert.Contains(".gitignore", listed, StringComparison.Ordinal);
        Assert.Contains("30 files, 0 faults", await developer.Run("npm run lint"), StringComparison.Ordinal);

        // The whole report is long; a model asks for what failed.
        const string briefly = "npm test > /tmp/report; code=$?; "
            + "grep -E '^ *not ok|expected:|actual:|^# (pass|fail)' /tmp/report; exit $code";
        var failed = await developer.Run(briefly, exitCode: 1);
        Assert.Contains("not ok", failed, StringComparison.Ordinal);
        Assert.Contains("# fail 5\n", failed, StringComparison.Ordinal);
        var found = await developer.Call("fs_search", ("pattern", "discountFor"), ("glob", "lib/**/*.js"));
        Assert.Contains($"{Faulty}\n", found, StringComparison.Ordinal);
        Assert.Contains("function discountFor(count) {", found, StringComparison.Ordinal);
        var file = await developer.Call("fs_read", ("path", Faulty));
        Assert.Contains(Before, file, StringComparison.Ordinal);

        await Debug(developer);

        // A file with carriage returns, edited as a model writes it: without.
        var diff = await developer.Edit(Faulty, $"{Before}\n  let percent", $"{After}\n  let percent", Developer.Etag(file));
        Assert.Contains("+  const thresholds = Object.keys(tiers).map(Number)", diff, StringComparison.Ordinal);
        Assert.Contains("# fail 0\n", await developer.Run("npm test | tail -n 8"), StringComparison.Ordinal);

        var serving = await developer.Start("npm start -- 8080");
        await developer.WaitFor(serving, "^Listening on ");
        var price = await developer.Run("curl -sS 'http://localhost:8080/price/coffee?count=12'");
        Assert.Contains("""{"name":"Café crème","cents":2760}""", price, StringComparison.Ordinal);
        Assert.Contains("no such item: soup", await developer.Run("curl -sS http://localhost:8080/price/soup"), StringComparison.Ordinal);

        var end = new ProjectEnd(developer, project.Replace(Faulty, Before, After), "npm test | tail -n 8", "# fail 0\n");
        await end.Commit("Sort thresholds as numbers");
        await end.GoOnAfterReboot(serving);
        await end.ComeBackTomorrow();
        await end.TakeHome(server);
    }

    private static async Task Debug(Developer developer)
    {
        var inspect = await developer.Start("node inspect cli/kiosk.js price coffee 12", pty: true);
        // Its prompt is there before the program is: what is waited for is the news.
        await developer.WaitFor(inspect, @"Break on start in cli/kiosk\.js:\d+$");
        await developer.Say(inspect, "setBreakpoint('discount.js', 10)", "script 'discount.js' was not loaded yet");
        await developer.Say(inspect, "cont", @"break in lib/pricing/discount\.js:10$");
        await developer.Say(inspect, "exec('thresholds.join()')", "'10,100,5,50'$");
        Assert.Contains("exited", await developer.SayLast(inspect, ".exit"), StringComparison.Ordinal);
    }
}
