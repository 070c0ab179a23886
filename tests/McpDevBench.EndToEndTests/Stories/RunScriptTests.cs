using System.Diagnostics;
using System.Globalization;
using System.Text;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>`make run`, as a person who has just cloned the repository types it.</summary>
[Collection(Alone.Name)]
public sealed class RunScriptTests
{
    private const string LastWords = "Ctrl-C stops the server";

    [Fact]
    public async Task It_starts_a_server_says_how_to_connect_and_the_second_time_that_it_runs_already()
    {
        using var state = new TemporaryFolder();
        var settings = new Dictionary<string, string>
        {
            ["MCP_PORT"] = Ports.Free().ToString(CultureInfo.InvariantCulture),
            ["MCP_METRICS_ENABLED"] = "false",
            ["MCP_WARM_POOL_ENABLED"] = "false",
            ["XDG_STATE_HOME"] = state.Path,
            ["DOCKER_HOST"] = await DockerHost.Address,
        };
        var script = Path.Combine(Repository.Root, "scripts", "run.sh");
        var said = new StringBuilder();
        var ready = new TaskCompletionSource();
        using var first = new Process { StartInfo = Command.StartInfo(script, [], settings), EnableRaisingEvents = true };
        DataReceivedEventHandler listen = (_, line) =>
        {
            lock (said)
                said.AppendLine(line.Data);
            if (line.Data?.Contains(LastWords, StringComparison.Ordinal) == true)
                ready.TrySetResult();
        };
        first.OutputDataReceived += listen;
        first.ErrorDataReceived += listen;
        first.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("make run ended early"));
        first.Start();
        first.BeginOutputReadLine();
        first.BeginErrorReadLine();
        try
        {
            await ready.Task.WaitAsync(TimeSpan.FromMinutes(10), TestContext.Current.CancellationToken);
            var text = said.ToString();
            foreach (var client in new[] { "claude mcp add --transport http", ".vscode/mcp.json", "~/.cursor/mcp.json", "curl -s" })
                Assert.Contains(client, text, StringComparison.Ordinal);

            // The curl command as it was printed, given to a shell.
            var curl = text[text.IndexOf("  curl -s", StringComparison.Ordinal)..];
            var answer = (await Command.Run("sh", "-c", curl[..curl.IndexOf("\n\n", StringComparison.Ordinal)])).Succeeded();
            Assert.Contains("\"ready\":true", answer.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);

            var second = await Command.Run(script, [], settings);
            Assert.Contains("running already", second.Errors, StringComparison.Ordinal);
            Assert.Contains("claude mcp add", second.Succeeded(), StringComparison.Ordinal);
        }
        finally
        {
            ProcessTable.Signal(first.Id, ProcessTable.Interrupt);
            await first.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(
                TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
        Assert.Equal(0, first.ExitCode);
        Assert.True(File.Exists(Path.Combine(state.Path, "mcp-devbench", "state.db")));
    }
}
