using System.Globalization;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What everything is for: a program is written, run and debugged through MCP alone.</summary>
[Collection(Alone.Name)]
public sealed class FirstProgramTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    // Says what it computed and when it said so, by the clock that this machine and its containers share.
    private const string Program = """
        import sys, time
        print("ready", flush=True)
        for line in sys.stdin:
            print(f"{int(line) * 2 + 1} at {time.time():.6f}", flush=True)
        print("bye", flush=True)
        """;

    private static readonly TimeSpan _visible = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData(null)]
    [InlineData("2025-11-25")]
    public async Task A_program_is_written_run_edited_run_again_and_its_workspace_killed(string? protocolVersion)
    {
        await using var assistant = await server.Connect(protocolVersion);
        var workspace = await assistant.Spawn(Images.Python);
        await workspace.Write("double.py", Program);

        var (wrong, delays) = await Converse(workspace, 20);
        Assert.Equal(Enumerable.Range(1, 20).Select(n => n * 2 + 1), wrong);
        delays.Sort();
        Assert.True(
            delays[delays.Count / 2] < _visible,
            "an answer was seen after " + string.Join(", ", delays.Select(delay => $"{delay.TotalMilliseconds:F1} ms")));

        var edited = await workspace.Edit("double.py", "int(line) * 2 + 1", "int(line) * 2");
        Assert.Equal(1, edited.Replacements);
        Assert.Contains("-    print(f\"{int(line) * 2 + 1}", edited.Diff, StringComparison.Ordinal);

        var (right, _) = await Converse(workspace, 3);
        Assert.Equal([2, 4, 6], right);

        await workspace.Exec("python double.py > result.txt", ("stdin", "21\n"));
        Assert.StartsWith("ready\n42 at ", (await workspace.Read("result.txt")).Content, StringComparison.Ordinal);

        Assert.Equal("removed", (await workspace.Kill()).Status);
        await Refused.With("container_not_found", () => workspace.Exec("true"));
    }

    /// <summary>Runs the program, gives it one number after the other and waits for each answer.</summary>
    private static async Task<(List<int> Answers, List<TimeSpan> Delays)> Converse(Workspace workspace, int numbers)
    {
        var program = await workspace.ExecStart(["python", "double.py"], ("stdin_open", true));
        var read = await program.ReadUntil("ready\n");
        var answers = new List<int>();
        var delays = new List<TimeSpan>();
        for (var number = 1; number <= numbers; number++)
        {
            var waiting = WaitForLine(program, read);
            await program.Input($"{number}\n");
            var line = await waiting;
            var seen = DateTimeOffset.UtcNow;
            var parts = line.TrimEnd().Split(" at ");
            answers.Add(int.Parse(parts[0], CultureInfo.InvariantCulture));
            delays.Add(seen - DateTimeOffset.UnixEpoch.AddSeconds(double.Parse(parts[1], CultureInfo.InvariantCulture)));
        }
        await program.Input("", eof: true);
        await program.ReadToEnd(read);
        Assert.EndsWith("bye\n", read.Stdout, StringComparison.Ordinal);
        Assert.Equal(0, read.Last!.ExitCode);
        return (answers, delays);
    }

    private static async Task<string> WaitForLine(RunningExec program, Transcript read)
    {
        var before = read.Stdout.Length;
        while (!read.Stdout[before..].EndsWith('\n'))
            read.Add(await program.PollPieces(read.LastSeq, ("wait_ms", 20_000), ("until", "output")));
        return read.Stdout[before..];
    }
}
