using Microsoft.Data.Sqlite;

namespace McpDevBench.Storage;

/// <summary>A statement that is compiled once and run often, on one connection.</summary>
/// <param name="parameters">Their names, in the order in which <see cref="Run"/> takes their values.</param>
internal sealed class KeptCommand(string sql, params IReadOnlyList<string> parameters) : IDisposable
{
    private SqliteCommand? _command;

    public void Run(SqliteConnection connection, params ReadOnlySpan<object?> values)
    {
        var command = _command ??= connection.Command(sql, [.. parameters.Select(name => (name, (object?)null))]);
        // The compiled statement outlives a transaction, and needs the one that is open.
        using (var present = connection.CreateCommand())
            command.Transaction = present.Transaction;
        for (var index = 0; index < values.Length; index++)
            command.Parameters[index].Value = values[index] ?? DBNull.Value;
        command.ExecuteNonQuery();
    }

    public void Dispose() => _command?.Dispose();
}
