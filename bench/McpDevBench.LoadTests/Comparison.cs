using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using ModelContextProtocol.Client;

namespace McpDevBench.LoadTests;

/// <summary>
/// One call through MCP over HTTP against the same thing through Docker's API, in turn, on the same container, in the same run.
/// </summary>
internal static class Comparison
{
    private const int Rounds = 60, WarmUp = 5;
    private const string Image = "devbench-test/python:1";

    public static async Task<int> RunAsync()
    {
        using var docker = new DockerApi();
        var imageBytes = await docker.ImageBytesAsync("mcp-devbench:dev");
        await using var server = await ServerProcess.StartAsync();
        var idle = server.ResidentBytes;
        await using var client = await McpClient.CreateAsync(new HttpClientTransport(new HttpClientTransportOptions { Endpoint = new Uri(server.Address, "/mcp"), TransportMode = HttpTransportMode.StreamableHttp }));
        var spawned = await CallAsync(client, "spawn", new() { ["image"] = Image });
        var id = spawned.GetProperty("container_id").GetString()!;
        var container = $"mcp-devbench-{id}";
        try
        {
            var content = Convert.ToHexString(RandomNumberGenerator.GetBytes(2048));
            await CallAsync(client, "fs_write", new() { ["container_id"] = id, ["path"] = "file", ["content"] = content });
            Console.WriteLine(
                $"{Rounds} rounds in turn, {Environment.ProcessorCount} processors; milliseconds, median (5th to 95th percentile).\n");
            Console.WriteLine("| operation | through MCP | through Docker's API | ratio of the medians |\n|---|---|---|---|");
            await CompareAsync("run `true`, get its exit code", "exec",
                async () => Require(
                    (
                        await CallAsync(
                            client, "exec",
                            new() { ["container_id"] = id, ["cmd"] = new[] { "true" } })).GetProperty("exit_code").GetInt32() == 0),
                async () => Require(await docker.ExecAsync(container, "/bin/true") == 0));
            await CompareAsync("read a file of 4 KiB", "cp",
                async () => Require(
                    (await CallAsync(client, "fs_read", new() { ["container_id"] = id, ["path"] = "file" })).GetProperty("content")
                        .GetString() == content),
                async () => Require((await docker.CopyFromAsync(container, "/workspace/file")).Length == content.Length));
            await CompareAsync("write a file of 4 KiB", "cp",
                async () => Require(
                    (await CallAsync(client, "fs_write", new() { ["container_id"] = id, ["path"] = "file", ["content"] = content }))
                        .GetProperty("size").GetInt64() == content.Length),
                async () => await docker.CopyToAsync(container, "/workspace", "copied", System.Text.Encoding.ASCII.GetBytes(content)));
        }
        finally
        {
            await CallAsync(client, "kill", new() { ["container_id"] = id, ["force"] = true });
        }
        Console.WriteLine($"""

            | | |
            |---|---|
            | the binary, everything in it | {new FileInfo(ServerProcess.Binary).Length / 1e6:0.0} MB |
            | the container image | {imageBytes / 1e6:0.0} MB |
            | from start to the first ready answer | {server.UntilReady.TotalMilliseconds:0} ms |
            | resident memory when idle | {idle / 1e6:0} MB |
            """);
        return 0;
    }

    private static async Task CompareAsync(string operation, string command, Func<Task> ours, Func<Task> dockers)
    {
        var (mine, theirs) = (new List<double>(), new List<double>());
        for (var round = -WarmUp; round < Rounds; round++)
        {
            var (one, other) = (await TimeAsync(ours), await TimeAsync(dockers));
            if (round < 0)
                continue;
            mine.Add(one);
            theirs.Add(other);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {operation} | {Spread(mine)} | {Spread(theirs)} (`docker {command}`) | {Percentile(theirs, 0.5) / Percentile(mine, 0.5):0.0} times faster |"));
    }

    private static async Task<double> TimeAsync(Func<Task> action)
    {
        var watch = Stopwatch.StartNew();
        await action();
        return watch.Elapsed.TotalMilliseconds;
    }

    private static async Task<JsonElement> CallAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
    {
        var result = await client.CallToolAsync(tool, arguments);
        return result.IsError == true || result.StructuredContent is not { } content
            ? throw new InvalidOperationException($"{tool}: {string.Join(' ', result.Content.OfType<ModelContextProtocol.Protocol.TextContentBlock>().Select(block => block.Text))}")
            : content;
    }

    private static void Require(bool condition)
    {
        if (!condition)
            throw new InvalidOperationException("A call did not give what it should.");
    }

    private static string Spread(List<double> values) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Percentile(values, 0.5):0.00} ({Percentile(values, 0.05):0.00} to {Percentile(values, 0.95):0.00})");

    private static double Percentile(List<double> values, double share) =>
        values.Order().ElementAt((int)Math.Round((values.Count - 1) * share));
}
