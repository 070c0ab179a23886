using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A step of an interactive program is one call.</summary>
public sealed class ReplTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task The_answer_to_an_input_comes_with_it_in_a_terminal()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var python = await workspace.ExecStart("exec python3 -q", ("pty", true));
        await assistant.Call(
            "exec_poll", ("exec_id", python.Id), ("until", "match"), ("grep", ">>> $"), ("strip_ansi", true), ("wait_ms", 20_000));
        Assert.Contains("ans1", await Step("import time; time.sleep(1.5); print('ans' + '1')\n"), StringComparison.Ordinal);
        Assert.Contains("2\r\n", await Step("for i in range(3):\n  time.sleep(0.4); print(i)\n\n"), StringComparison.Ordinal);
        await python.Cancel(0);

        async Task<string> Step(string input)
        {
            var answer = await assistant.Call(
                "exec_input", ("exec_id", python.Id), ("data", input), ("wait_ms", 20_000), ("strip_ansi", true));
            var messages = answer.GetProperty("messages").EnumerateArray();
            return string.Concat(messages.Select(message => message.GetProperty("data").GetString()));
        }
    }

    [Fact]
    public async Task A_command_is_listed_in_one_form_and_a_key_takes_the_alias_or_the_id()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python, ("alias", "repl-form"));
        var exec = await workspace.ExecStart("read line; echo $line", ("stdin_open", true), ("idempotency_key", "form"));
        Assert.Equal("read line; echo $line", await Listed());
        await exec.Input("done\n");
        await exec.ReadToEnd();
        Assert.Equal("read line; echo $line", await Listed());
        var again = await assistant.Call(
            "exec_start", ("container_id", "repl-form"), ("shell", "read line; echo $line"), ("stdin_open", true),
            ("idempotency_key", "form"));
        Assert.Equal(exec.Id, again.GetProperty("exec_id").GetString());

        async Task<string> Listed() =>
            Assert.Single((await assistant.ListExecs(("container_id", workspace.Id), ("include_finished", true))).Execs).Command;
    }

    [Fact]
    public async Task A_full_folder_is_named_also_when_the_command_has_deleted_its_files()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var full = await workspace.Exec(
            "f=$(mktemp); head -c 2000000000 /dev/zero >$f; r=$?; rm -f $f; exit $r", ("wait_ms", 25_000));
        Assert.NotEqual(0, full.ExitCode);
        Assert.Contains("memory_mb", Assert.Single(full.Notes!), StringComparison.Ordinal);
    }
}
