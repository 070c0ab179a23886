using McpDevBench.Cli;
using McpDevBench.Storage;

namespace McpDevBench.Tests.Storage;

public sealed class SqliteEngineTests
{
    [Fact]
    public void The_SQLite_of_this_build_is_fit() => Assert.StartsWith("3.", SqliteEngine.Version, StringComparison.Ordinal);

    [Fact]
    public void The_version_command_names_it() =>
        Assert.EndsWith($"\nSQLite {SqliteEngine.Version}", Help.Version(), StringComparison.Ordinal);

    [Fact]
    public void The_first_version_without_the_race_is_accepted() => Assert.Equal("3.51.3", Checked(3_051_003));

    [Theory]
    [InlineData(3_051_002, "3.51.2")]
    [InlineData(3_040_001, "3.40.1")]
    public void An_older_version_is_rejected_with_both_versions(int version, string text)
    {
        var error = Assert.Throws<RequestException>(() => Checked(version));
        Assert.Equal(ErrorCode.ServerError, error.Code);
        Assert.Equal($"The SQLite in this build is {text}; 3.51.3 or newer is needed.", error.Message);
        Assert.Contains("make publish", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_build_without_locks_between_threads_is_rejected() =>
        Assert.Contains(
            "THREADSAFE=0", Assert.Throws<RequestException>(() => Checked(3_053_002, isThreadSafe: false)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("OMIT_WAL")]
    [InlineData("OMIT_FOREIGN_KEY")]
    public void A_build_without_a_needed_feature_is_rejected(string option) =>
        Assert.Contains(option, Assert.Throws<RequestException>(() => Checked(3_053_002, used: option)).Message, StringComparison.Ordinal);

    private static string Checked(int version, bool isThreadSafe = true, string? used = null) =>
        SqliteEngine.Require(version, isThreadSafe, option => option == used);
}
