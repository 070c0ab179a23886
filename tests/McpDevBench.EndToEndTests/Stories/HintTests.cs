using McpDevBench.EndToEndTests.Hints;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>An assistant that does what an error's hint says gets on: no hint leads to another error, round in a circle, or to
/// the loss of files.</summary>
public sealed class HintTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const string Work = "hours of work";

    private static string Folder { get; } = Path.Combine(Repository.Root, "tests/McpDevBench.EndToEndTests/Hints");

    /// <summary>
    /// The table of Hints/errors*.txt is walked, and the errors in the source that no row of it provokes are those of
    /// Hints/not-provoked.txt, each with a reason.
    /// </summary>
    [Fact]
    public async Task Every_error_in_the_source_is_provoked_and_its_hint_leads_on()
    {
        var errors = new List<string>();
        var failures = new List<string>();
        await Walk(server, "errors.txt", errors, failures);
        await using var strict = await ServerProcess.Started(
            ("MCP_MAX_CONTAINERS", "2"), ("MCP_MAX_TOTAL_MEMORY_MB", "900"), ("MCP_CONTAINER_MEMORY_LIMIT", "128"),
            ("MCP_MAX_CONCURRENT_EXECS", "1"),
            ("MCP_MAX_UPLOAD_BYTES", "1000"), ("MCP_TOOLS_DENY", "metrics"), ("MCP_AUDIT_ENABLED", "false"), ("MCP_AUDIT_LOG_FILE", ""));
        await Walk(strict, "errors-strict.txt", errors, failures);

        var sites = ErrorSite.All();
        var left = sites.Where(site => !errors.Exists(site.Created)).Select(site => site.Name).ToHashSet();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{sites.Count} errors in the source, {sites.Count - left.Count} provoked by {errors.Count} rows");
        var reasons = Reasons();
        Assert.True(failures.Count == 0 && left.SetEquals(reasons.Keys), $"""
            {failures.Count} rows do not hold:
            {string.Join("\n\n", failures)}
            {sites.Count} errors in the source, {sites.Count - left.Count} provoked.
            No row of Hints/errors*.txt provokes these, and Hints/not-provoked.txt has no reason:
            {string.Join('\n', left.Except(reasons.Keys))}
            These of Hints/not-provoked.txt are provoked, or no longer in the source:
            {string.Join('\n', reasons.Keys.Except(left))}
            """);
    }

    private static async Task Walk(ServerProcess server, string table, List<string> errors, List<string> failures)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "hinted"));
        await assistant.Spawn(Images.Busybox, ("alias", "hinted-other"));
        await workspace.Write("work.txt", Work);
        await workspace.Write("folder/file", "x");
        await workspace.Sh("""
            mkdir lines; for i in $(seq 100); do echo "line $i"; done > lines/a; ln -s /etc link-out; mkfifo pipe
            touch locked; chmod 0 locked; printf 'caf\351' > latin.bin
            yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -c 80000000 > big.txt
            printf '\211PNG\r\n\032\n' > cut.png; cp cut.png big.png; head -c 9000000 /dev/zero >> big.png
            """);
        var values = Archives.All().ToDictionary(archive => archive.Name, archive => archive.Base64);
        values["alias"] = "hinted";
        values["other"] = "hinted-other";
        values["image"] = Images.Busybox;
        foreach (var length in new[] { 300, 5000, 60_000, 70_000 })
            values[$"x{length}"] = new string('x', length);
        var follower = new HintFollower(server, assistant, values);
        var rows = await File.ReadAllTextAsync(Path.Combine(Folder, table), TestContext.Current.CancellationToken);
        foreach (var row in HintRow.ReadAll(rows))
        {
            try
            {
                errors.Add(await follower.Follow(row));
            }
            catch (HintException e)
            {
                failures.Add($"{row.Provoking.Name} {row.Provoking.Arguments}: {e.Message}");
            }
            Assert.Equal(Work, (await workspace.Read("work.txt")).Content);
        }
    }

    /// <summary>One error a line; its reason follows, indented.</summary>
    private static Dictionary<string, string> Reasons()
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, "not-provoked.txt")).Where(line => line.Length > 0 && line[0] != '#').ToArray();
        return lines.Index().Where(line => !line.Item.StartsWith("    ", StringComparison.Ordinal)).ToDictionary(line => line.Item, line =>
        {
            var next = lines.ElementAtOrDefault(line.Index + 1) ?? "";
            var reason = next.StartsWith("    ", StringComparison.Ordinal) ? next.Trim() : "";
            Assert.True(reason.Length > 0, $"Hints/not-provoked.txt has no reason for: {line.Item}");
            return reason;
        });
    }

    /// <summary>What started this: every hint from a stop of the container on, in the order in which they came.</summary>
    [Fact]
    public async Task From_a_stopped_container_every_way_leads_back_to_the_files()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "proj"), ("persistent", true));
        await workspace.Write("work.txt", Work);
        foreach (var next in new[] { "exec", "spawn", "attach", "kill" })
        {
            await DockerHost.Docker("stop", "--time", "0", await workspace.DockerId());
            await (next switch
            {
                "exec" => assistant.Call("exec", ("container_id", "proj"), ("shell", "true")),
                "spawn" => assistant.Call("spawn", ("alias", "proj"), ("image", Images.Busybox), ("persistent", true)),
                "attach" => assistant.Call("attach", ("target", "proj")),
                _ => assistant.Call("kill", ("container_id", "proj")),
            });
            if (next == "kill")
                workspace = await assistant.Spawn(Images.Busybox, ("alias", "proj"));
            Assert.Equal(Work, (await workspace.Read("work.txt")).Content);
        }
        await workspace.Kill(("delete_files", true));
    }
}
