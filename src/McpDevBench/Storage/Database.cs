using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Traces;
using Microsoft.Data.Sqlite;

namespace McpDevBench.Storage;

/// <summary>
/// The state database: SQLite in WAL mode. Exactly one connection writes, one call at a time; another one reads. Either is a lock and a few
/// microseconds, so there is nothing to await.
/// </summary>
internal sealed partial class Database : IDisposable
{
    private readonly Lock _writing = new(), _reading = new();
    private readonly SqliteConnection _writer, _reader;
    private readonly FileStream _instance;
    private readonly StorageMetrics _metrics;
    private readonly TimeProvider _time;

    /// <summary>Opens or creates the database, alone: a second server on the same file is refused.</summary>
    /// <exception cref="RefusalException">The file is in use, not writable, damaged or from a newer version. Nothing is ever created anew in its place.</exception>
    public Database(StorageOptions options, MetricCatalogue metrics, TimeProvider time, ILogger<Database> logger)
    {
        (_metrics, _time) = (metrics.Storage, time);
        metrics.BeforeCollect(() => MeasureWal(options.StateDatabase + "-wal"));
        SQLitePCL.Batteries_V2.Init();
        try
        {
            Directory.CreateDirectory(options.Folder);
            _instance = new FileStream(options.StateDatabase + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(options, $"another server uses it, or its folder cannot be written ({e.Message})", e);
        }
        try
        {
            _writer = Open(options, SqliteOpenMode.ReadWriteCreate);
            Execute(_writer, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA journal_size_limit=67108864;");
            if (Scalar(_writer, "PRAGMA quick_check(1)") is not "ok" and var damage)
                throw Unusable(options, $"it is damaged: {damage}");
            Migrations.Apply(_writer, options);
            File.SetUnixFileMode(options.StateDatabase, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _reader = Open(options, SqliteOpenMode.ReadWrite);
            Execute(_reader, "PRAGMA query_only=ON;");
            LogOpened(logger, options.StateDatabase, (string)Scalar(_writer, "SELECT sqlite_version()")!);
        }
        catch (Exception e)
        {
            _reader?.Dispose();
            _writer?.Dispose();
            _instance.Dispose();
            if (e is SqliteException)
                throw Unusable(options, e.Message, e);
            throw;
        }
    }

    /// <summary>Runs <paramref name="action"/> in one transaction, alone.</summary>
    /// <exception cref="RefusalException">resource_exhausted: the disk is full. Nothing of the transaction remains.</exception>
    public T Write<T>(Func<SqliteConnection, T> action)
    {
        using var span = Spans.DatabaseWrite();
        var started = _time.GetTimestamp();
        try
        {
            lock (_writing)
            {
                using var transaction = _writer.BeginTransaction(deferred: false);
                var result = action(_writer);
                transaction.Commit();
                return result;
            }
        }
        catch (SqliteException e)
        {
            if (e.SqliteErrorCode is 5 or 6)
                _metrics.Busy();
            var refusal = Refusal(e);
            span.Failed(refusal ?? (Exception)e);
            if (refusal is not null)
                throw refusal;
            throw;
        }
        finally
        {
            _metrics.Written(_time.GetElapsedTime(started));
        }
    }

    /// <inheritdoc cref="Write{T}(Func{SqliteConnection, T})"/>
    public void Write(Action<SqliteConnection> action) => Write(connection =>
    {
        action(connection);
        return true;
    });

    public T Read<T>(Func<SqliteConnection, T> action)
    {
        lock (_reading)
        {
            try
            {
                return action(_reader);
            }
            catch (SqliteException e) when (Refusal(e) is { } refusal)
            {
                throw refusal;
            }
        }
    }

    /// <summary>Whether it takes writes now.</summary>
    public void Probe() => Write(connection => Execute(connection, "UPDATE probe SET written = written + 1"));

    public void Dispose()
    {
        lock (_writing)
        {
            lock (_reading)
            {
                _reader.Dispose();
                Execute(_writer, "PRAGMA wal_checkpoint(TRUNCATE)");
                _writer.Dispose();
                _instance.Dispose();
            }
        }
    }

    internal static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    internal static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    internal static RefusalException Unusable(StorageOptions options, string why, Exception? inner = null) => new(
        RefusalCode.ServerError, $"The database {options.StateDatabase} cannot be used: {why}.",
        "Set MCP_STATE_DB to another file, or restore this one from a backup; it has been left as it is.", inner: inner);

    private void MeasureWal(string path)
    {
        var file = new FileInfo(path);
        _metrics.WalMeasured(file.Exists ? file.Length : 0);
    }

    private static SqliteConnection Open(StorageOptions options, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = options.StateDatabase, Mode = mode, Pooling = false, DefaultTimeout = 5 }.ToString());
        connection.Open();
        return connection;
    }

    private static RefusalException? Refusal(SqliteException e) => e.SqliteErrorCode switch
    {
        // SQLITE_FULL, and SQLITE_IOERR_WRITE and _FSYNC, which a full disk can also give.
        13 or 10 => new(RefusalCode.ResourceExhausted, "The server's disk is full or failing: it cannot write its state.", "Nothing was changed. Reading still works; ask the operator to free disk space, then call again.", retryable: true, e),
        8 => new(RefusalCode.ResourceExhausted, "The server's database is read-only.", "Nothing was changed. Ask the operator to make its folder writable.", retryable: true, e),
        11 or 26 => new(RefusalCode.ServerError, "The server's database is damaged.", "Nothing was changed. Ask the operator to restore it from a backup.", inner: e),
        _ => null,
    };

    [LoggerMessage(LogLevel.Information, "State is kept in {Path} (SQLite {SqliteVersion})")]
    private static partial void LogOpened(ILogger logger, string path, string sqliteVersion);
}
