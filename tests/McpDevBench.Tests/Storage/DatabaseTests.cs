using McpDevBench.Storage;
using Microsoft.Data.Sqlite;

namespace McpDevBench.Tests.Storage;

public sealed class DatabaseTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_server_on_the_same_file_is_refused()
    {
        using var first = Open();
        Assert.Contains(
            "in use by another mcp-devbench", Assert.Throws<RequestException>(() => Open().Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_written_is_there_after_reopening()
    {
        using (var database = Open())
            new IdempotencyStore(database, TimeProvider.System).Save(new Caller("me"), "spawn", "k", "f", "c_1");
        using var again = Open();
        Assert.Equal("c_1", new IdempotencyStore(again, TimeProvider.System).Find(new Caller("me"), "spawn", "k", "f"));
    }

    [Fact]
    public void A_key_with_other_arguments_is_a_conflict_and_belongs_to_its_owner()
    {
        using var database = Open();
        var keys = new IdempotencyStore(database, TimeProvider.System);
        keys.Save(new Caller("me"), "spawn", "k", "f", "c_1");
        Assert.Equal(ErrorCode.Conflict, Assert.Throws<RequestException>(() => keys.Find(new Caller("me"), "spawn", "k", "other")).Code);
        Assert.Null(keys.Find(new Caller("you"), "spawn", "k", "f"));
        Assert.Null(keys.Find(new Caller("me"), "exec", "k", "f"));
    }

    [Theory]
    [InlineData("this is no database, but long enough to be looked at as if it were one: it has no magic at its beginning")]
    public void A_damaged_file_is_refused_and_left_as_it_is(string content)
    {
        File.WriteAllText(_folder["state.db"], content);
        Assert.Contains("cannot be used", Assert.Throws<RequestException>(() => Open().Dispose()).Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(_folder["state.db"]));
    }

    [Fact]
    public void A_newer_database_and_another_programs_are_refused()
    {
        Open().Dispose();
        Execute("PRAGMA user_version = 999");
        Assert.Contains("version 999", Assert.Throws<RequestException>(() => Open().Dispose()).Message, StringComparison.Ordinal);
        Execute("PRAGMA user_version = 1; PRAGMA application_id = 42");
        Assert.Contains("another program", Assert.Throws<RequestException>(() => Open().Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_write_leaves_nothing_behind()
    {
        using var database = Open();
        Assert.Throws<InvalidOperationException>(() => database.Write(connection =>
        {
            connection.Run("INSERT INTO kept_volumes (owner, alias, volume, kept_at) VALUES ('me', 'a', 'v', 1)");
            throw new InvalidOperationException("in between");
        }));
        Assert.Empty(database.Read(connection => connection.Query("SELECT volume FROM kept_volumes", row => row.GetString(0))));
    }

    private Database Open() =>
        Storages.Open(new StorageOptions { StateDatabase = _folder["state.db"] }, Metering.Catalogue(), TimeProvider.System);

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder["state.db"]};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
