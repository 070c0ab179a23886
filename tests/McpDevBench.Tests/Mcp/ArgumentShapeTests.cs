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
    [InlineData("""{"container_id":5}""", "'container_id' must be a string, but 5 was given")]
    [InlineData("""{"container_id":"a","timeout":5}""", "no argument 'timeout'. Did you mean 'timeout_s'?")]
    [InlineData("""{"container_id":"a","ContainerId":"a"}""", "no argument 'ContainerId'. Did you mean 'container_id'?")]
    [InlineData("""{"container_id":"a","zzzzzz":5}""", "no argument 'zzzzzz'.")]
    [InlineData("""{"container_id":"a","cmd":"ls -l"}""", "'cmd' must be an array of strings, but 'ls -l' was given")]
    [InlineData("""{"container_id":"a","cmd":["ls",1]}""", "'cmd[1]' must be a string, but 1 was given")]
    [InlineData("""{"container_id":"a","wait_ms":"10"}""", "'wait_ms' must be a whole number from 0 to 25000, but '10' was given")]
    [InlineData("""{"container_id":"a","wait_ms":25001}""", "'wait_ms' must be a whole number from 0 to 25000, but 25001 was given")]
    [InlineData("""{"container_id":"a","wait_ms":1.5}""", "'wait_ms' must be a whole number")]
    [InlineData("""{"container_id":"a","wait_ms":99999999999999999999}""", "'wait_ms' must be a whole number")]
    [InlineData("""{"container_id":"a","pty":"yes"}""", "'pty' must be true or false, but 'yes' was given")]
    [InlineData("""{"container_id":"a","env":["A=b"]}""", "'env' must be an object of strings, but an array was given")]
    [InlineData("""{"container_id":"a","env":{"A":1}}""", "'env.A' must be a string, but 1 was given")]
    [InlineData("""{"container_id":"a","env":{"A":"1","A":"2"}}""", "'env.A' is given twice")]
    [InlineData("""{"container_id":"a","container_id":"b"}""", "'container_id' is given twice")]
    public void A_wrong_call_of_exec_is_refused_with_the_reason(string arguments, string reason) => AssertRefused(_exec, arguments, reason);

    [Theory]
    [InlineData("""{"container_id":"a","operations":[{"op":"chmod","path":"x"}]}""", "'operations[0].op' must be one of read, write, edit, delete, move, copy, mkdir, but 'chmod' was given")]
    [InlineData("""{"container_id":"a","operations":[{"op":"read"}]}""", "'operations[0].path' is missing")]
    [InlineData("""{"container_id":"a","operations":[{"op":"edit","path":"x","edits":[{"old":"a","new_text":"b"}]}]}""", "no argument 'operations[0].edits[0].old'. Did you mean 'old_text'?")]
    [InlineData("""{"container_id":"a","operations":[{"op":"read","path":"x","encoding":null}]}""", "'operations[0].encoding' must be one of utf8, base64, but null was given")]
    public void A_wrong_operation_in_a_batch_is_refused_with_its_place(string arguments, string reason) => AssertRefused(_batch, arguments, reason);

    [Fact]
    public void Texts_and_arrays_have_a_largest_size()
    {
        AssertRefused(_exec, $$"""{"container_id":"{{new string('a', 70_000)}}"}""", "'container_id' has 70000 characters; at most 65536 are allowed");
        AssertRefused(_exec, $$"""{"container_id":"a","cmd":[{{string.Join(',', Enumerable.Repeat("\"a\"", 5000))}}]}""", "'cmd' has 5000 items; at most 4096 are allowed");
        Assert.True(_exec.Check(JsonElement.Parse($$"""{"container_id":"a","stdin":"{{new string('a', 70_000)}}"}"""), out _));
    }

    [Fact]
    public void Optional_arguments_sent_as_null_are_left_out()
    {
        var given = JsonElement.Parse("""{"container_id":"a","cwd":null,"env":null,"wait_ms":5}""");
        Assert.False(_exec.Check(given, out var nulls));
        Assert.Equal(["cwd", "env"], nulls);
        var arguments = ArgumentShape.Without(given, nulls).Deserialize(McpJson.Default.ExecArguments)!;
        Assert.Equal(("/workspace", 5), (arguments.Cwd, arguments.WaitMs));
        Assert.True(_batch.Check(JsonElement.Parse("""{"container_id":"a","operations":[{"op":"read","path":"x","content":null}]}"""), out _));
    }

    [Fact]
    public void Bounds_hold_for_numbers_that_are_larger_than_any_int()
    {
        Assert.True(_poll.Check(JsonElement.Parse("""{"exec_id":"e","after_seq":9007199254740993}"""), out _));
        AssertRefused(_poll, """{"exec_id":"e","after_seq":-2}""", "'after_seq' must be a whole number from -1");
    }

    [Fact]
    public void The_hint_lists_the_arguments() =>
        Assert.StartsWith("Arguments: container_id (required), cmd, shell, cwd,", Refusal(_exec, "{}").Hint);

    private static void AssertRefused(ArgumentShape shape, string arguments, string reason)
    {
        var refusal = Refusal(shape, arguments);
        Assert.Equal(RefusalCode.InvalidArgument, refusal.Code);
        Assert.Contains(reason, refusal.Message);
    }

    private static RefusalException Refusal(ArgumentShape shape, string arguments) =>
        Assert.Throws<RefusalException>(() => shape.Check(JsonElement.Parse(arguments), out _));
}
