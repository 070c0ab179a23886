using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>All workspaces together, and each one's files, have limits whose errors state the limit and what helps.</summary>
public sealed class QuotaTests
{
    [Fact]
    public async Task There_are_never_more_workspaces_than_allowed_also_when_many_are_asked_for_at_once()
    {
        await using var server = await ServerProcess.Started(("MCP_MAX_CONTAINERS", "2"));
        await using var assistant = await server.Connect();
        var attempts = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Try(() => assistant.Spawn(Images.Busybox))));
        Assert.Equal(2, attempts.Count(attempt => attempt.Refusal is null));
        Assert.All(attempts.Where(attempt => attempt.Refusal is not null), attempt =>
        {
            Assert.Equal("resource_exhausted", attempt.Refusal!.Code);
            Assert.Contains("MCP_MAX_CONTAINERS", attempt.Refusal.Message, StringComparison.Ordinal);
            Assert.Contains("list_containers", attempt.Refusal.Hint, StringComparison.Ordinal);
        });
        Assert.Contains(
            "containers: 2 of 2", Text(await assistant.CallRaw("system_status", Assistant.Arguments("{}"), progress: null)),
            StringComparison.Ordinal);
        Assert.Contains(
            """mcp_quota_rejections_total{rule="workspaces"} 4""",
            (await assistant.Call("metrics", ("prefix", "mcp_quota"))).GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(4, (await assistant.Call("audit_query", ("event_type", "quota.denied"))).GetProperty("records").GetArrayLength());

        Assert.False((await assistant.Call("spawn", ("image", Images.Busybox), ("dry_run", true))).GetProperty("allowed").GetBoolean());

        await attempts.First(attempt => attempt.Refusal is null).Workspace!.Kill(("force", true));
        await assistant.Spawn(Images.Busybox);
    }

    [Fact]
    public async Task Memory_that_is_promised_stays_within_the_total()
    {
        await using var server = await ServerProcess.Started(("MCP_MAX_TOTAL_MEMORY_MB", "1100"));
        await using var assistant = await server.Connect();
        await assistant.Spawn(Images.Busybox);
        await assistant.Spawn(Images.Busybox);
        var refusal = await Refused.With("resource_exhausted", () => assistant.Spawn(Images.Busybox));
        Assert.Contains("1024 of 1100 MiB", refusal.Message, StringComparison.Ordinal);
        // The advice of the hint helps.
        await assistant.Spawn(Images.Busybox, ("memory_mb", 64));
    }

    [Fact]
    public async Task Without_a_setting_the_memory_that_may_be_promised_is_that_of_the_host()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var host = long.Parse(
            await DockerHost.Docker("info", "-f", "{{.MemTotal}}"), System.Globalization.CultureInfo.InvariantCulture) >> 20;
        await assistant.Spawn(Images.Busybox);
        var status = Text(await assistant.CallRaw("system_status", Assistant.Arguments("{}"), progress: null));
        Assert.Contains($"memory_mb: 512 of {host}", status, StringComparison.Ordinal);
        Assert.Contains("containers: 1 of 100", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Beyond_its_disk_limit_a_workspace_takes_no_writes_of_tools_until_it_is_cleaned_up()
    {
        await using var server = await ServerProcess.Started(("MCP_WORKSPACE_DISK_MB", "8"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        Assert.Contains(
            "The storage driver has no quotas", Text(await assistant.CallRaw("system_status", Assistant.Arguments("{}"), progress: null)),
            StringComparison.Ordinal);
        await workspace.Write("before.txt", "fits");
        Assert.Equal(
            "0",
            await workspace.Sh(
                "dd if=/dev/zero of=/workspace/big bs=1M count=6 2>/dev/null "
                    + "&& dd if=/dev/zero of=$HOME/big bs=1M count=6 2>/dev/null; echo $?"));

        CallFailedException? refused = null;
        await Deadline.Until(
            async () => (refused = (await Try(() => workspace.Write("after.txt", "too much"))).Refused) is not null,
            TimeSpan.FromSeconds(60), "writes are refused");
        Assert.Equal("resource_exhausted", refused!.Refusal.Code);
        Assert.Matches("take 12 MiB of disk; 8 MiB are allowed", refused.Refusal.Message);
        await Refused.With(
            "resource_exhausted",
            () => assistant.Call(
                "fs_batch", ("container_id", workspace.Id),
                ("operations", new JsonArray(new JsonObject { ["op"] = "write", ["path"] = "x", ["content"] = "y" }))));
        Assert.Equal("fits", (await workspace.Read("before.txt")).Content);
        // A batch that takes no more disk is served.
        await workspace.Batch([new JsonObject { ["op"] = "read", ["path"] = "before.txt" }]);
        // What takes nothing is possible: shorter content, shorter texts, and moving; in a batch too.
        await workspace.Write("before.txt", "fit");
        await workspace.Edit("before.txt", "fit", "f");
        await workspace.Batch([
            new JsonObject { ["op"] = "write", ["path"] = "before.txt", ["content"] = "" },
            new JsonObject { ["op"] = "move", ["path"] = "before.txt", ["target"] = "moved.txt" },
            new JsonObject { ["op"] = "delete", ["path"] = "moved.txt" },
        ]);
        await Refused.With("resource_exhausted", () => workspace.Write("big", "longer", ("append", true)));
        await Deadline.Until(
            async () => Text(await assistant.CallRaw("system_status", Assistant.Arguments("{}"), progress: null))
                .Contains("1 workspace holds more than 8 MiB", StringComparison.Ordinal),
            TimeSpan.FromSeconds(60), "the status says so");
        var other = await assistant.Spawn(Images.Busybox);
        await AssertMarkedAsync(assistant, workspace, other);
        Assert.Contains(
            "container_fs_usage_bytes", (await assistant.Call("metrics", ("prefix", "container_fs"))).GetProperty("text").GetString(),
            StringComparison.Ordinal);

        // The hint works at once, without a wait for the next measurement.
        await assistant.Call("fs_delete", ("container_id", workspace.Id), ("path", "big"));
        await workspace.Write("after.txt", "fits again");
        // What a command deletes counts at once too.
        await workspace.Sh("dd if=/dev/zero of=/workspace/big bs=1M count=6 2>/dev/null");
        await Deadline.Until(
            async () => (refused = (await Try(() => workspace.Write("after.txt", "too much once more"))).Refused) is not null,
            TimeSpan.FromSeconds(60), "writes are refused again");
        await workspace.Sh("rm big");
        await workspace.Write("after.txt", "fits once more, and is longer than what was there");
        await Deadline.Until(
            async () => !(await assistant.Call("system_status")).TryGetProperty("over_disk_limit", out _),
            TimeSpan.FromSeconds(60), "the status names no workspace any more");
        Assert.All(
            (await assistant.Call("list_containers")).GetProperty("containers").EnumerateArray(),
            listed => Assert.False(listed.TryGetProperty("over_disk_limit", out _)));
    }

    /// <summary>
    /// One of two workspaces is over its limit: the list marks it alone, and the status names it, in text and in structured form.
    /// </summary>
    private static async Task AssertMarkedAsync(Assistant assistant, Workspace over, Workspace within)
    {
        var listed = (await assistant.Call("list_containers")).GetProperty("containers").EnumerateArray()
            .ToDictionary(container => container.GetProperty("container_id").GetString()!);
        Assert.True(listed[over.Id].GetProperty("over_disk_limit").GetBoolean());
        Assert.False(listed[within.Id].TryGetProperty("over_disk_limit", out _));
        var lines = Text(await assistant.CallRaw("list_containers", Assistant.Arguments("{}"), progress: null)).Split('\n');
        Assert.Equal(
            [over.Id],
            lines.Where(line => line.Contains("OVER ITS DISK LIMIT", StringComparison.Ordinal)).Select(line => line.Split(' ')[0]));

        var named = (await assistant.Call("system_status")).GetProperty("over_disk_limit");
        Assert.Equal(1, named.GetProperty("count").GetInt32());
        Assert.Equal([over.Id], named.GetProperty("container_ids").EnumerateArray().Select(id => id.GetString()));
        Assert.Contains(
            $"1 workspace over the disk limit: {over.Id}",
            Text(await assistant.CallRaw("system_status", Assistant.Arguments("{}"), progress: null)), StringComparison.Ordinal);
    }

    private static string Text(ModelContextProtocol.Protocol.CallToolResult result) =>
        string.Concat(result.Content.OfType<ModelContextProtocol.Protocol.TextContentBlock>().Select(block => block.Text));

    private static async Task<(Workspace? Workspace, ErrorDetail? Refusal)> Try(Func<Task<Workspace>> spawn)
    {
        try
        {
            return (await spawn(), null);
        }
        catch (CallFailedException refused)
        {
            return (null, refused.Refusal);
        }
    }

    private static async Task<(bool Done, CallFailedException? Refused)> Try(Func<Task> write)
    {
        try
        {
            await write();
            return (true, null);
        }
        catch (CallFailedException refused)
        {
            return (false, refused);
        }
    }
}
