using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Many at once, and nobody gets what is another's.</summary>
[Collection(Alone.Name)]
public sealed class CrowdTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const int Workspaces = 20;
    private const int Execs = 50;
    private const int LinesEach = 3000;

    [Fact]
    public async Task Fifty_execs_in_twenty_workspaces_each_get_their_own_output_byte_for_byte()
    {
        await using var assistant = await server.Connect();
        var workspaces = await Task.WhenAll(Enumerable.Range(0, Workspaces).Select(_ => assistant.Spawn(Images.Busybox)));

        var transcripts = await Task.WhenAll(Enumerable.Range(0, Execs).Select(async number =>
        {
            var exec = await workspaces[number % Workspaces].ExecStart(
                "n=0; while [ $n -lt $LINES ]; do echo \"$WHO says $n\"; [ $((n % 7)) != 0 ] || echo \"$WHO warns $n\" >&2; n=$((n+1)); done",
                ("env", new JsonObject { ["WHO"] = $"exec-{number}", ["LINES"] = $"{LinesEach}" }));
            return await exec.ReadToEnd();
        }));

        for (var number = 0; number < Execs; number++)
        {
            Assert.Equal(Text($"exec-{number} says", step: 1), transcripts[number].Stdout);
            Assert.Equal(Text($"exec-{number} warns", step: 7), transcripts[number].Stderr);
            Assert.Equal(0, transcripts[number].Last!.ExitCode);
        }
        await Task.WhenAll(workspaces.Select(workspace => workspace.Kill(("force", true))));
    }

    private static string Text(string prefix, int step) =>
        string.Concat(Enumerable.Range(0, LinesEach).Where(n => n % step == 0).Select(n => $"{prefix} {n}\n"));
}
