using McpDevBench.LoadTests;

namespace McpDevBench.Tests.LoadTests;

public sealed class CommandLineTests
{
    [Fact]
    public void Words_and_options_may_come_in_any_order()
    {
        var line = new CommandLine(["cheap", "--duration", "2m", "exec", "--rate", "1.5"], "duration", "rate", "out");
        Assert.Equal(["cheap", "exec"], line.Words);
        Assert.Equal(TimeSpan.FromMinutes(2), line.Duration("duration"));
        Assert.Equal(1.5, line.Number("rate"));
        Assert.Null(line.Text("out"));
    }

    [Theory]
    [InlineData("--speed", "1")]
    [InlineData("--rate", "0")]
    [InlineData("--duration", "30")]
    [InlineData("--server", "nowhere")]
    public void What_is_wrong_is_said(params string[] arguments) => Assert.Throws<UsageException>(() =>
    {
        var line = new CommandLine(arguments, "rate", "duration", "server");
        _ = (line.Number("rate"), line.Duration("duration"), line.Address("server"));
    });
}
