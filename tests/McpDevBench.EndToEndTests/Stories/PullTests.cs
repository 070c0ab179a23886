using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using ModelContextProtocol;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>An image comes from a registry, with progress; a registry that does not answer is not an image that does not exist.</summary>
public sealed partial class PullTests
{
    [Fact]
    public async Task A_pull_reports_layers_and_bytes_in_numbers_that_only_rise()
    {
        await using var registry = await ImageRegistry.Start();
        var layered = await Layered();
        try
        {
            var name = await registry.Push(layered);
            await DockerHost.Docker("rmi", layered);
            await using var server = await ServerProcess.Started(("MCP_ALLOWED_REGISTRIES", $"docker.io,{registry.Address}"));
            await using var assistant = await server.Connect();
            var reports = new Reports();
            var result = await assistant.CallRaw("spawn", Assistant.Arguments($$"""{"image": "{{name}}"}"""), reports);
            await assistant.Call(
                "kill", ("container_id", result.StructuredContent!.Value.GetProperty("container_id").GetString()), ("force", true));

            var values = reports.Values.Select(report => report.Progress).ToList();
            Assert.Equal(values.Order().Distinct(), values);
            Assert.All(reports.Values, report => Assert.InRange(report.Progress, 0, report.Total!.Value));
            // Few messages, whatever the number of layers; the newest of the pull states how much there was.
            Assert.InRange(reports.Values.Count, 1, 60);
            Assert.Contains(reports.Values, report => LayersAndBytes().IsMatch(report.Message ?? ""));
            await DockerHost.Docker("rmi", "-f", name);
        }
        finally
        {
            await Command.Run("docker", "rmi", "-f", layered);
        }
    }

    [Fact]
    public async Task A_registry_that_is_gone_is_unavailable_and_an_image_that_it_lacks_is_not_found()
    {
        string address, missing;
        await using (var registry = await ImageRegistry.Start())
        {
            (address, missing) = (registry.Address, $"{registry.Address}/devbench-test/nothing:1");
            await using var server = await ServerProcess.Started(("MCP_ALLOWED_REGISTRIES", $"docker.io,{address}"));
            await using var assistant = await server.Connect();
            var refusal = await Refused.With("image_not_found", () => assistant.Spawn(missing));
            Assert.False(refusal.Retryable);
            // A typo in the name of a local image names the image that was meant.
            refusal = await Refused.WithOneOf(
                ["image_not_found", "registry_unavailable"], () => assistant.Spawn("devbench-test/busybxo:1"));
            Assert.StartsWith($"Did you mean {Images.Busybox}", refusal.Hint, StringComparison.Ordinal);
        }
        await using var later = await ServerProcess.Started(("MCP_ALLOWED_REGISTRIES", $"docker.io,{address}"));
        await using var again = await later.Connect();
        var gone = await Refused.With("registry_unavailable", () => again.Spawn(missing));
        Assert.True(gone.Retryable);
        Assert.Contains("registry could not be asked", gone.Message, StringComparison.Ordinal);
    }

    /// <summary>Busybox with three more layers of a few megabytes.</summary>
    private static async Task<string> Layered()
    {
        var name = $"devbench-test/layered-{Guid.NewGuid():n}:1";
        using var context = new TemporaryFolder();
        for (var layer = 0; layer < 3; layer++)
            File.WriteAllBytes(context[$"{layer}"], System.Security.Cryptography.RandomNumberGenerator.GetBytes(4 << 20));
        await File.WriteAllTextAsync(
            context["Dockerfile"], $"FROM {Images.Busybox}\nCOPY 0 /0\nCOPY 1 /1\nCOPY 2 /2\n", TestContext.Current.CancellationToken);
        await DockerHost.Docker("build", "-q", "-t", name, context.Path);
        return name;
    }

    private sealed class Reports : IProgress<ProgressNotificationValue>
    {
        public ConcurrentQueue<ProgressNotificationValue> Values { get; } = [];

        public void Report(ProgressNotificationValue value) => Values.Enqueue(value);
    }

    [GeneratedRegex(@"Pulling .*: \d+ of \d+ layers, \d+\.\d of \d+\.\d MB")]
    private static partial Regex LayersAndBytes();
}
