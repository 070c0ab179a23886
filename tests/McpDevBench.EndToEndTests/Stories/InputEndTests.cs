using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The end of the input ends what reads it, in a pipe and in a terminal, and the answer says what is open.</summary>
public sealed class InputEndTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task An_input_that_was_ended_is_called_closed()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("cat; sleep 1000", ("stdin_open", true));
        var (result, text) = await assistant.CallWithText("exec_input", ("exec_id", exec.Id), ("data", "x"), ("eof", true));
        Assert.False(result.GetProperty("open").GetBoolean());
        Assert.Contains("1 byte taken; stdin is closed", text, StringComparison.Ordinal);
        await Refused.With("invalid_argument", () => exec.Input("y"));
        var refused = await Refused.With(
            "invalid_argument",
            () =>
                assistant.Call(
                    "exec_input", ("exec_id", exec.Id), ("resize", new System.Text.Json.Nodes.JsonObject { ["rows"] = 5, ["cols"] = 5 })));
        Assert.Contains("pty=true", refused.Hint, StringComparison.Ordinal);
        await exec.Cancel(0);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("a\nb")]
    [InlineData("x\n")]
    [InlineData("")]
    public async Task The_stdin_of_a_terminal_ends_with_its_last_character(string stdin)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var answer = await workspace.Run(["cat"], ("stdin", stdin), ("pty", true), ("wait_ms", 20_000));
        Assert.Equal(("finished", 0), (answer.Status, answer.ExitCode));
    }
}
