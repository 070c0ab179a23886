using McpDevBench.Audit;
using McpDevBench.Cli;

namespace McpDevBench.Tests.Cli;

public sealed class AuditCommandLineTests
{
    [Fact]
    public void Every_option_of_a_query_narrows_it()
    {
        string[] words = ["fs.read", "c_1", "e_1", "req-1", "me", "denied", "2026-01-31", "2026-02-01", "7"];
        string[] options =
            ["--event-type", "--container-id", "--exec-id", "--correlation-id", "--principal", "--result", "--since", "--until", "--limit"];
        Assert.Equal(options.Order(), AuditCommandLine.QueryOptions.Order());
        var query = Assert.IsType<AuditQueryCommand>(
            CommandLine.Parse(["audit", "query", .. options.Zip(words, (option, word) => $"{option}={word}")]));
        var expected = new AuditFilter
        {
            EventType = "fs.read",
            ContainerId = "c_1",
            ExecId = "e_1",
            CorrelationId = "req-1",
            Principal = "me",
            Result = "denied",
            Since = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero),
            Until = new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero),
        };
        Assert.Equal(expected, query.Filter);
    }

    [Fact]
    public void Help_names_every_option_of_a_query() =>
        Assert.All(AuditCommandLine.QueryOptions, option => Assert.Contains(option, Help.Text()));
}
