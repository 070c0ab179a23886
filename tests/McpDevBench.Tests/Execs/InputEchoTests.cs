using System.Text;
using McpDevBench.Execs;
using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Execs;

/// <summary>A step of a REPL in a terminal: what the terminal shows of the input is not the program's answer.</summary>
public sealed class InputEchoTests : IDisposable
{
    private const string Step = "import time; time.sleep(1.5); print('ans1')\n";
    private const string Block = "for i in range(3):\n  print(i)\n\n";

    private readonly SteppedTime _time = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Step, "import time; time.sleep(1.5); print('ans1')\r\n")]
    [InlineData(Step, "import time; time.sl")]
    [InlineData(Step, "\e[?2004l\e[1mimport time; time.sleep(1.5); \rprint('ans1')\e[0m\r\n\e[?2004l\r")]
    [InlineData(Block, "for i in range(3):\r\n...   print(i)\r\n... \r\n")]
    [InlineData(Block, "for i in range(3):\r\n  print(i)\r\n\r\n... ... ")]
    [InlineData("x=1\ny=2\n", "x=1\r\n>>> y=2\r\n")]
    [InlineData("> a\n", "> a\r\n")]
    public void The_echo_is_no_answer(string input, string output) => Assert.True(InputEcho.Of(input)!.IsAll(output));

    [Theory]
    [InlineData(Step, "import time; time.sleep(1.5); print('ans1')\r\nans1\r\n")]
    [InlineData("x = 1\n", "x = 1\r\n>>> ")]
    [InlineData("def f():\n", "def f():\r\n... ")]
    [InlineData("def f():\n  return 1\n", "def f():\r\n  return 1\r\n... ... ")]
    [InlineData("5+5\n", "5\r\n")]
    [InlineData("5+5\n", "5+5\r\n10")]
    [InlineData("hello\n", "hello\r\nhello\r\n")]
    [InlineData("secret\n", "\r\nwelcome")]
    public void What_follows_it_is(string input, string output) => Assert.False(InputEcho.Of(input)!.IsAll(output));

    [Theory]
    [InlineData("\u0003")]
    [InlineData("\u0003\n")]
    [InlineData("y")]
    public void Keys_have_no_echo_to_wait_for(string input) => Assert.Null(InputEcho.Of(input));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wait_in_a_terminal_goes_on_behind_the_echo(bool isTerminal)
    {
        using var log = new OutputLog(_folder["log"], 1 << 20);
        var active = new ActiveExec(NewExec() with { IsTerminal = isTerminal }, new ContainerId("box"), log);
        log.Append(1, 0, ">>> "u8);
        var request = new PollRequest { ExecId = "", WaitMs = 25_000, AfterSeq = 0, Echo = InputEcho.Of(Step) };
        var wait = new OutputWait(active, request, null, _time).RunAsync(TestContext.Current.CancellationToken);
        await WriteAsync(Step.Replace("\n", "\r\n", StringComparison.Ordinal));
        if (isTerminal)
        {
            await _time.AdvanceAsync(TimeSpan.FromSeconds(1.5));
            Assert.False(wait.IsCompleted);
            await WriteAsync("ans1\r\n>>> ");
        }
        await _time.AdvanceAsync(TimeSpan.FromMilliseconds(500), last: wait);
        await wait;

        Task WriteAsync(string text) => _time.InterruptAsync(() =>
        {
            log.Append(1, 0, Encoding.UTF8.GetBytes(text));
            active.Wrote(_time.GetTimestamp());
        }, wait);
    }

    private Exec NewExec() => new()
    {
        Id = ExecId.New(),
        ContainerId = WorkspaceId.New(),
        Owner = "local",
        Command = ["python3"],
        StartedAt = _time.GetUtcNow(),
    };
}
