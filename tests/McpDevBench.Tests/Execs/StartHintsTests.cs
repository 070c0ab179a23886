using McpDevBench.AgentProtocol;
using McpDevBench.Execs;

namespace McpDevBench.Tests.Execs;

/// <summary>The hint of a program that could not be started fits what was given as the program.</summary>
public sealed class StartHintsTests
{
    private const string NotFound = "not found in PATH (/usr/bin:/bin)";

    [Theory]
    [InlineData("an item of its own", "ls -la | head")]
    [InlineData("an item of its own", "npm test")]
    [InlineData("line as shell", "echo hi && ls")]
    [InlineData("as cwd", "cd")]
    [InlineData("as cwd", "cd", "src")]
    [InlineData("source belongs to the shell", "source", "env.sh")]
    [InlineData("into env", "FOO=1", "env")]
    [InlineData("without a shell", "bin/*", "x")]
    public void What_is_for_the_shell_is_sent_there(string advice, params string[] command) =>
        Assert.Contains(advice, HintOf($"{command[0]}: {NotFound}", command), StringComparison.Ordinal);

    [Theory]
    [InlineData("./run.sh: is not an executable file", "chmod +x")]
    [InlineData("run: found in PATH, but not executable", "mode=755")]
    [InlineData("./run: not in a format that this machine can run (a script needs a #! line)", "#!/bin/sh")]
    [InlineData("./run: not found, or the interpreter that it needs is not there", "CRLF")]
    [InlineData("ls: arguments and environment are too long", "stdin")]
    public void A_file_that_cannot_run_says_how_to_run_it(string message, string advice) =>
        Assert.Contains(advice, HintOf(message, ["./run.sh"]), StringComparison.Ordinal);

    [Fact]
    public void A_script_that_is_too_long_goes_into_a_file() =>
        Assert.Contains(
            "fs_write", HintOf("/bin/bash: arguments and environment are too long", ["sh", "-c", ":"], isScript: true),
            StringComparison.Ordinal);

    [Fact]
    public void A_long_line_whose_error_is_cut_has_the_hint_too() =>
        Assert.Contains(
            "an item of its own", HintOf(new string('x', 500) + "…", [$"echo {new string('x', 600)}"]), StringComparison.Ordinal);

    [Theory]
    [InlineData("no-such-program: " + NotFound, "no-such-program")]
    [InlineData("cwd: there is nothing at this path", "ls -l")]
    public void Any_other_error_keeps_its_hint(string message, string program) => Assert.Equal("as before", HintOf(message, [program]));

    private static string HintOf(string message, string[] command, bool isScript = false)
    {
        var start = new ExecStart(Guid.NewGuid(), command, [], [], false, false, 24, 80, 0, 0, 0) { PrefersBash = isScript };
        return StartHints.Explain(new RequestException(ErrorCode.InvalidArgument, message, "as before"), start).Hint!;
    }
}
