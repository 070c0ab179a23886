using McpDevBench.Execs;

namespace McpDevBench.Tests.Execs;

public sealed class CommandTextTests
{
    [Fact]
    public void A_command_of_usual_length_is_kept_whole()
    {
        string[] command = ["sh", "-c", "echo é", ""];
        Assert.Equal(command, CommandText.Kept(command));
    }

    [Theory]
    [InlineData(1, 4_000_000)]
    [InlineData(4096, 60_000)]
    [InlineData(4096, 1)]
    public void A_long_one_is_kept_cut(int arguments, int length)
    {
        var kept = CommandText.Kept([.. Enumerable.Repeat(new string('文', length), arguments)]);
        Assert.InRange(kept.Sum(argument => System.Text.Encoding.UTF8.GetByteCount(argument)), 1, 2100);
        Assert.EndsWith("…", kept[^1], StringComparison.Ordinal);
    }
}
