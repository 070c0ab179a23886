using System.Text.Json;
using McpDevBench.Mcp;

namespace McpDevBench.Tests.Mcp;

/// <summary>A mistake in the arguments is answered with the argument's name, what was given and what it should be.</summary>
public sealed class ArgumentShapeTests
{
    private static readonly ArgumentShape _exec = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.ExecArguments));
    private static readonly ArgumentShape _batch = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.FsBatchArguments));
    private static readonly ArgumentShape _poll = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.ExecPollArguments));

    [Theory]
    [InlineData("""{"cmd":["ls"]}""", "'container_id' is missing: it must be a string")]
    [InlineData("""{"container_id":null,"cmd":["ls"]}""", "'container_id' must be a string, but null was given")]
    [InlineData("""{"container_id":true}""", "'container_id' must be a string, but true was given")]
    [InlineData("""{"container_id":"a","timeout":5}""", "Unknown argument 'timeout'. Did you mean 'timeout_s'?")]
    [InlineData("""{"container_id":"a","ContainerId":"a"}""", "Unknown argument 'ContainerId'. Did you mean 'container_id'?")]
    [InlineData("""{"container_id":"a","zzzzzz":5}""", "Unknown argument 'zzzzzz'.")]
    [InlineData("""{"container_id":"a","cmd":"ls -l"}""", "'cmd' must be an array of strings, but 'ls -l' was given")]
    [InlineData("""{"container_id":"a","cmd":["ls",null]}""", "'cmd[1]' must be a string, but null was given")]
    [InlineData("""{"container_id":"a","wait_ms":"soon"}""", "'wait_ms' must be a whole number from 0 to 25000, but 'soon' was given")]
    [InlineData("""{"container_id":"a","wait_ms":""}""", "'wait_ms' must be a whole number from 0 to 25000, but '' was given")]
    [InlineData("""{"container_id":"a","wait_ms":"1 0"}""", "'wait_ms' must be a whole number from 0 to 25000, but '1 0' was given")]
    [InlineData("""{"container_id":"a","wait_ms":"0x10"}""", "'wait_ms' must be a whole number from 0 to 25000, but '0x10' was given")]
    [InlineData("""{"container_id":"a","wait_ms":"25001"}""", "'wait_ms' must be a whole number from 0 to 25000, but '25001' was given")]
    [InlineData("""{"container_id":"a","wait_ms":0.5}""", "'wait_ms' must be a whole number from 0 to 25000, but 0.5 was given")]
    [InlineData("""{"container_id":"a","wait_ms":0.99999999999999999999999999999999999999}""", "'wait_ms' must be a whole number")]
    [InlineData("""{"container_id":"a","wait_ms":1e999}""", "'wait_ms' must be a whole number from 0 to 25000, but 1e999 was given")]
    [InlineData("""{"container_id":"a","wait_ms":true}""", "'wait_ms' must be a whole number")]
    [InlineData("""{"container_id":"a","pty":1}""", "'pty' must be true or false, but 1 was given")]
    [InlineData("""{"container_id":"a","cmd":"[\"ls\""}""", "'cmd' must be an array of strings, but '[\"ls\"' was given")]
    [InlineData("""{"container_id":"a","cmd":"{\"a\":1}"}""", "'cmd' must be an array of strings")]
    [InlineData("""{"container_id":"a","cmd":"[\"\\ud800\"]"}""", "'cmd' contains a lone surrogate")]
    [InlineData("""{"container_id":"a","env":"{\"A\":\"1\",\"A\":\"2\"}"}""", "'env.A' is given twice")]
    [InlineData("""{"container_id":"a","wait_ms":25001}""", "'wait_ms' must be a whole number from 0 to 25000, but 25001 was given")]
    [InlineData("""{"container_id":"a","wait_ms":1.5}""", "'wait_ms' must be a whole number")]
    [InlineData("""{"container_id":"a","wait_ms":99999999999999999999}""", "'wait_ms' must be a whole number")]
    [InlineData("""{"container_id":"a","pty":"yes"}""", "'pty' must be true or false, but 'yes' was given")]
    [InlineData("""{"container_id":"a","env":["A"]}""", "'env' must be an object of strings, but an array was given")]
    [InlineData("""{"container_id":"a","env":{"A":{}}}""", "'env.A' must be a string, but an object was given")]
    [InlineData("""{"container_id":"a","env":{"A":"1","A":"2"}}""", "'env.A' is given twice")]
    [InlineData("""{"container_id":"a","container_id":"b"}""", "'container_id' is given twice")]
    public void A_wrong_call_of_exec_is_refused_with_the_reason(string arguments, string reason) => AssertRefused(_exec, arguments, reason);

    [Theory]
    [InlineData(
        """{"container_id":"a","operations":[{"op":"chmod","path":"x"}]}""",
        "'operations[0].op' must be one of read, write, edit, delete, move, copy, mkdir, but 'chmod' was given")]
    [InlineData("""{"container_id":"a","operations":[{"op":"read"}]}""", "'operations[0].path' is missing")]
    [InlineData(
        """{"container_id":"a","operations":[{"op":"edit","path":"x","edits":[{"old":"a","new_text":"b"}]}]}""",
        "Unknown argument 'operations[0].edits[0].old'. Did you mean 'old_text'?")]
    [InlineData(
        """{"container_id":"a","operations":"[{\"op\":\"edit\",\"path\":\"x\",\"edits\":\"[{}]\"}]"}""",
        "'operations[0].edits[0].old_text' is missing")]
    public void A_wrong_operation_in_a_batch_is_refused_with_its_place(string arguments, string reason) =>
        AssertRefused(_batch, arguments, reason);

    [Fact]
    public void Texts_and_arrays_have_a_largest_size()
    {
        AssertRefused(
            _exec, $$"""{"container_id":"{{new string('a', 70_000)}}"}""",
            "'container_id' has 70000 characters; at most 65536 are allowed");
        AssertRefused(
            _exec, $$"""{"container_id":"a","cmd":[{{string.Join(',', Enumerable.Repeat("\"a\"", 5000))}}]}""",
            "'cmd' has 5000 items; at most 4096 are allowed");
        _exec.Bind(JsonElement.Parse($$"""{"container_id":"a","stdin":"{{new string('a', 70_000)}}"}"""));
    }

    [Fact]
    public void Optional_arguments_sent_as_null_are_left_out()
    {
        var given = JsonElement.Parse("""{"container_id":"a","cwd":null,"env":null,"wait_ms":5}""");
        var arguments = _exec.Bind(given).Deserialize(McpJson.Default.ExecArguments)!;
        Assert.Equal(("/workspace", 5), (arguments.Cwd, arguments.WaitMs));
        var batch = _batch.Bind(
            JsonElement.Parse(
                """{"container_id":"a","operations":[{"op":"read","path":"x","content":null,"encoding":null,"edits":null}]}"""))
            .Deserialize(McpJson.Default.FsBatchArguments)!;
        Assert.Equal(("utf8", null), (batch.Operations[0].Encoding, batch.Operations[0].Edits));
    }

    [Theory]
    [InlineData("""{"container_id":"a","cmd":["env"],"env":{"A":null,"B":"1","C":null}}""", "B=1")]
    [InlineData("""{"container_id":"a","cmd":["env"],"env":"{\"A\":null,\"B\":1}"}""", "B=1")]
    [InlineData("""{"container_id":"a","cmd":["env"],"env":{"A":null}}""", "")]
    public void A_variable_that_is_null_is_not_set(string given, string variables)
    {
        var arguments = _exec.Bind(JsonElement.Parse(given)).Deserialize(McpJson.Default.ExecArguments)!;
        Assert.Equal(variables, string.Join(' ', arguments.Env!.Select(pair => $"{pair.Key}={pair.Value}")));
        var spawn = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.SpawnArguments));
        Assert.Equal(
            """{"env":{},"labels":{"b":"2"}}""",
            spawn.Bind(JsonElement.Parse("""{"env":{"A":null},"labels":{"a":null,"b":"2"}}""")).GetRawText());
    }

    [Fact]
    public void Optional_arguments_sent_as_empty_strings_are_left_out()
    {
        var exec = _exec.Bind(
            JsonElement.Parse("""{"container_id":"a","cmd":["ls"],"shell":"","encoding":"","cwd":"","stdin":"","idempotency_key":""}"""))
            .Deserialize(McpJson.Default.ExecArguments)!;
        Assert.Equal((null, "utf8", "/workspace", "", null), (exec.Shell, exec.Encoding, exec.Cwd, exec.Stdin, exec.IdempotencyKey));
        exec.Check();
        var spawn = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.SpawnArguments));
        Assert.Equal(
            """{"env":{"A":""}}""",
            spawn.Bind(JsonElement.Parse("""{"image":"","alias":"","network":"","env":{"A":""}}""")).GetRawText());
        var write = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.FsWriteArguments));
        Assert.Equal(
            """{"container_id":"","path":"","content":"","if_match":""}""",
            write.Bind(
                JsonElement.Parse("""{"container_id":"","path":"","content":"","mode":"","if_match":"","if_none_match":""}"""))
                .GetRawText());
    }

    [Fact]
    public void An_empty_cmd_beside_shell_is_left_out()
    {
        var exec = _exec.Bind(JsonElement.Parse("""{"container_id":"a","cmd":[],"shell":"ls"}"""))
            .Deserialize(McpJson.Default.ExecArguments)!;
        exec.Check();
        Assert.Null(exec.ToRequest().Cmd);
    }

    [Theory]
    [InlineData("SIGTERM", "TERM")]
    [InlineData("SIGUSR1", "USR1")]
    public void A_signal_may_have_its_prefix(string given, string signal)
    {
        var shape = ArgumentShape.Of(ToolSchema.OfArguments(McpJson.Default.ExecSignalArguments));
        var bound = shape.Bind(JsonElement.Parse($$"""{"exec_id":"e","signal":"{{given}}"}"""));
        Assert.Equal(signal, bound.GetProperty("signal").GetString());
        AssertRefused(shape, """{"exec_id":"e","signal":"SIGSTOP"}""", "'signal' must be one of TERM");
    }

    [Fact]
    public void The_name_of_UTF_8_may_have_its_hyphen() =>
        Assert.Equal(
            "utf8", _exec.Bind(JsonElement.Parse("""{"container_id":"a","encoding":"utf-8"}""")).GetProperty("encoding").GetString());

    [Fact]
    public void Bounds_hold_for_numbers_that_are_larger_than_any_int()
    {
        string[] forms =
        [
            "9007199254740993", "9007199254740993.0", "\"9007199254740993\"", "9007199254740993.00e0", "9.007199254740993e15",
        ];
        foreach (var seq in forms)
            Assert.Equal(
                9007199254740993,
                _poll.Bind(JsonElement.Parse($$"""{"exec_id":"e","after_seq":{{seq}}}""")).Deserialize(
                    McpJson.Default.ExecPollArguments)!.AfterSeq);
        AssertRefused(_poll, """{"exec_id":"e","after_seq":-2}""", "'after_seq' must be a whole number from -1");
    }

    [Theory]
    [InlineData("""{"container_id":"a","cmd":"[\"echo\",\"hi\"]"}""", """{"container_id":"a","cmd":["echo","hi"]}""")]
    [InlineData("""{"container_id":"a","cmd":["sleep",5.0]}""", """{"container_id":"a","cmd":["sleep","5.0"]}""")]
    [InlineData("""{"container_id":"a","cmd":["echo",true,1,false]}""", """{"container_id":"a","cmd":["echo","true","1","false"]}""")]
    [InlineData(
        """{"container_id":"a","wait_ms":500.0,"rows":"24","pty":"false","stdin_open":"True"}""",
        """{"container_id":"a","wait_ms":500,"rows":24,"pty":false,"stdin_open":true}""")]
    [InlineData("""{"container_id":"a","wait_ms":5e2}""", """{"container_id":"a","wait_ms":500}""")]
    [InlineData(
        """{"container_id":"a","env":{"A":1,"B":1.50,"C":true,"D":99999999999999999999999}}""",
        """{"container_id":"a","env":{"A":"1","B":"1.50","C":"true","D":"99999999999999999999999"}}""")]
    [InlineData("""{"container_id":"a","env":"{\"A\":1}"}""", """{"container_id":"a","env":{"A":"1"}}""")]
    public void What_can_mean_one_thing_only_is_taken_without_loss(string sent, string bound) =>
        Assert.True(
            JsonElement.DeepEquals(JsonElement.Parse(bound), _exec.Bind(JsonElement.Parse(sent))),
            $"{_exec.Bind(JsonElement.Parse(sent))}");

    [Fact]
    public void Lenience_holds_at_every_depth()
    {
        var bound = _batch.Bind(
            JsonElement.Parse(
                """{"container_id":"a","operations":"[{\"op\":\"edit\",\"path\":\"x\",\"edits\":"""
                    + """\"[{\\\"old_text\\\":\\\"a\\\",\\\"new_text\\\":\\\"b\\\",\\\"replace_all\\\":\\\"true\\\"}]\"}]"}"""));
        var edit = Assert.Single(Assert.Single(bound.Deserialize(McpJson.Default.FsBatchArguments)!.Operations).Edits!);
        Assert.Equal(("a", "b", true), (edit.OldText, edit.NewText, edit.ReplaceAll));
    }

    [Fact]
    public void Text_that_looks_like_JSON_stays_text() =>
        Assert.Equal("[1]", _exec.Bind(JsonElement.Parse("""{"container_id":"a","shell":"[1]"}""")).GetProperty("shell").GetString());

    [Fact]
    public void A_command_line_as_cmd_is_refused_with_the_way_to_run_it() =>
        Assert.StartsWith("For a command line use shell", Refusal(_exec, """{"container_id":"a","cmd":"echo hi"}""").Hint);

    [Fact]
    public void A_list_without_running_commands_names_the_way_to_those_that_ended()
    {
        Assert.Contains("include_finished=true", ListExecsTool.None(includesFinished: false), StringComparison.Ordinal);
        Assert.Equal("No commands.", ListExecsTool.None(includesFinished: true));
    }

    [Fact]
    public void The_hint_lists_the_arguments() =>
        Assert.StartsWith("Arguments: container_id (required), cmd, shell, cwd,", Refusal(_exec, "{}").Hint);

    private static void AssertRefused(ArgumentShape shape, string arguments, string reason)
    {
        var refusal = Refusal(shape, arguments);
        Assert.Equal(ErrorCode.InvalidArgument, refusal.Code);
        Assert.Contains(reason, refusal.Message);
    }

    private static RequestException Refusal(ArgumentShape shape, string arguments) =>
        Assert.Throws<RequestException>(() => shape.Bind(JsonElement.Parse(arguments)));
}
