using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Traces;
using Microsoft.Data.Sqlite;

namespace McpDevBench.Storage;

/// <summary>The state database, measured.</summary>
internal sealed partial class Database : IDisposable
{
    private static readonly SqliteSchema _schema = new(
        "state", 0x4D445642, "Set MCP_STATE_DB to another file, or restore this one from a backup; it has been left as it is.");

    private readonly SqliteFile _file;
    private readonly StorageMetrics _metrics;
    private readonly TimeProvider _time;

    /// <summary>Opens or creates the database with an exclusive lock: a second server on the same file fails to start.</summary>
    /// <exception cref="RequestException">The file is in use, not writable, damaged or from a newer version. Nothing is ever created anew
    /// in its place.</exception>
    public Database(StorageOptions options, StateDisk disk, MetricCatalogue metrics, TimeProvider time, ILogger<Database> logger)
    {
        (_metrics, _time) = (metrics.Storage, time);
        metrics.BeforeCollect(() => MeasureWal(options.StateDatabase + "-wal"));
        _file = new SqliteFile(options.StateDatabase, _schema, disk.MakeRoom);
        LogOpened(logger, options.StateDatabase, SqliteEngine.Version);
    }

    /// <inheritdoc cref="SqliteFile.Write{T}(Func{SqliteConnection, T})"/>
    public T Write<T>(Func<SqliteConnection, T> action)
    {
        using var span = Spans.DatabaseWrite();
        var started = _time.GetTimestamp();
        try
        {
            return _file.Write(action);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 5 or 6)
        {
            _metrics.Busy();
            span.Failed(e);
            throw;
        }
        catch (RequestException e)
        {
            span.Failed(e);
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

    /// <summary>Reads the database of a server that may be running.</summary>
    public static T ReadAside<T>(StorageOptions options, Func<SqliteConnection, T> action)
    {
        using var file = SqliteFile.OpenForReading(options.StateDatabase, _schema);
        return file.Read(action);
    }

    public T Read<T>(Func<SqliteConnection, T> action) => _file.Read(action);

    /// <summary>Whether it takes writes now.</summary>
    public void Probe() => Write(connection => connection.Run("UPDATE probe SET written = written + 1"));

    public void Dispose() => _file.Dispose();

    internal static RequestException Unusable(StorageOptions options, string why, Exception? inner = null) =>
        SqliteFile.Unusable(options.StateDatabase, _schema, why, inner);

    private void MeasureWal(string path)
    {
        var file = new FileInfo(path);
        _metrics.WalMeasured(file.Exists ? file.Length : 0);
    }

    [LoggerMessage(LogLevel.Information, "Database opened")]
    private static partial void LogOpened(ILogger logger, string path, string sqliteVersion);
}
