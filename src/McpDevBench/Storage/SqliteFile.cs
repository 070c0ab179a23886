using Microsoft.Data.Sqlite;

namespace McpDevBench.Storage;

/// <summary>Which kind of database a file of ours is.</summary>
/// <param name="Name">Its migrations are embedded as <c>name/NNN_what.sql</c>.</param>
/// <param name="ApplicationId">Marks the file as of this kind.</param>
/// <param name="Advice">What to do when it cannot be used.</param>
internal sealed record SqliteSchema(string Name, int ApplicationId, string Advice);

/// <summary>
/// A database: SQLite in WAL mode. Exactly one connection writes, one call at a time; another one reads. Either is a lock and a few
/// microseconds, so there is nothing to await. Nothing is ever created anew in the place of what cannot be used.
/// </summary>
internal sealed class SqliteFile : IDisposable
{
    /// <summary>What is larger is not looked through at the start, which would take too long: damage is met when it is read.</summary>
    private const long MaxChecked = 256L << 20;

    /// <summary>EWOULDBLOCK, from the lock on the file beside the database.</summary>
    private const int LockHeld = 11;

    private readonly Lock _writing = new(), _reading = new();
    private readonly SqliteConnection? _writer;
    private readonly SqliteConnection _reader;
    private readonly FileStream? _instance;
    private readonly Func<bool> _makeRoom = () => false;

    /// <summary>Opens or creates the database with an exclusive lock: a second server on the same file fails to start.</summary>
    /// <param name="makeRoom">Called when a write finds the disk full; returns whether the write is worth repeating.</param>
    /// <exception cref="RequestException">The file is in use, not writable, damaged, another program's or from a newer version.</exception>
    public SqliteFile(string path, SqliteSchema schema, Func<bool> makeRoom)
    {
        _makeRoom = makeRoom;
        _ = SqliteEngine.Version;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            _instance = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult == LockHeld)
        {
            throw new RequestException(
                ErrorCode.ServerError, $"The database {path} is in use by another mcp-devbench.",
                "Stop that one; or connect to it, if it was started with 'mcp-devbench serve'; "
                    + "or set MCP_STATE_DB to a file of this one's own.",
                inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, schema, $"its folder cannot be written ({e.Message})", e);
        }
        try
        {
            _writer = Connect(path, SqliteOpenMode.ReadWriteCreate);
            _writer.Run(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; "
                    + "PRAGMA journal_size_limit=67108864;");
            if (new FileInfo(path).Length <= MaxChecked && _writer.Scalar("PRAGMA quick_check(1)") is not "ok" and var damage)
                throw Unusable(path, schema, $"it is damaged: {damage}");
            Migrations.Apply(_writer, path, schema);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _reader = Connect(path, SqliteOpenMode.ReadWrite);
            _reader.Run("PRAGMA query_only=ON;");
        }
        catch (Exception e)
        {
            _reader?.Dispose();
            _writer?.Dispose();
            _instance.Dispose();
            if (e is SqliteException)
                throw Unusable(path, schema, e.Message, e);
            throw;
        }
    }

    private SqliteFile(SqliteConnection reader) => _reader = reader;

    /// <summary>
    /// Opens it for reading while a server may be using it. A read-only connection does not checkpoint the WAL, so only the server does.
    /// </summary>
    /// <exception cref="RequestException">It is not there, cannot be read, or is not of this kind and version.</exception>
    public static SqliteFile OpenForReading(string path, SqliteSchema schema)
    {
        _ = SqliteEngine.Version;
        if (!File.Exists(path))
            throw new RequestException(
                ErrorCode.ServerError, $"There is no {schema.Name} database at {path}.",
                "Set MCP_STATE_DB to the server's database: make run and stdio keep it at ~/.local/state/mcp-devbench/state.db.");
        SqliteConnection? reader = null;
        try
        {
            reader = Connect(path, SqliteOpenMode.ReadOnly);
            Migrations.RequireCurrent(reader, path, schema);
            return new SqliteFile(reader);
        }
        catch (Exception e)
        {
            reader?.Dispose();
            if (e is SqliteException)
                throw Unusable(path, schema, e.Message, e);
            throw;
        }
    }

    /// <summary>Runs <paramref name="action"/> in one transaction, alone.</summary>
    /// <exception cref="RequestException">resource_exhausted: the disk is full. Nothing of the transaction remains.</exception>
    public T Write<T>(Func<SqliteConnection, T> action)
    {
        lock (_writing)
        {
            try
            {
                return WriteOnce(action);
            }
            catch (SqliteException e) when (ErrorOf(e) is { } error)
            {
                if (!_makeRoom())
                    throw error;
            }
            try
            {
                return WriteOnce(action);
            }
            catch (SqliteException e) when (ErrorOf(e) is { } error)
            {
                throw error;
            }
        }
    }

    private T WriteOnce<T>(Func<SqliteConnection, T> action)
    {
        using var transaction = _writer!.BeginTransaction(deferred: false);
        var result = action(_writer);
        transaction.Commit();
        return result;
    }

    public T Read<T>(Func<SqliteConnection, T> action)
    {
        lock (_reading)
        {
            try
            {
                return action(_reader);
            }
            catch (SqliteException e) when (ErrorOf(e) is { } error)
            {
                throw error;
            }
        }
    }

    public void Dispose()
    {
        lock (_writing)
        {
            lock (_reading)
            {
                _reader.Dispose();
                _writer?.Run("PRAGMA wal_checkpoint(TRUNCATE)");
                _writer?.Dispose();
                _instance?.Dispose();
            }
        }
    }

    public static RequestException Unusable(string path, SqliteSchema schema, string why, Exception? inner = null) =>
        new(ErrorCode.ServerError, $"The database {path} cannot be used: {why}.", schema.Advice, inner: inner);

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 5 }.ToString());
        connection.Open();
        return connection;
    }

    private static RequestException? ErrorOf(SqliteException e) => e.SqliteErrorCode switch
    {
        // SQLITE_FULL, and SQLITE_IOERR_WRITE and _FSYNC, which a full disk can also give.
        13 or 10 => new(
            ErrorCode.ResourceExhausted, "The server's disk is full or failing: it cannot write its state.",
            "Nothing was changed. Reading still works; ask the operator to free disk space, then call again.", retryable: true, e),
        8 => new(
            ErrorCode.ResourceExhausted, "The server's database is read-only.",
            "Nothing was changed. Ask the operator to make its folder writable.", retryable: true, e),
        11 or 26 => new(
            ErrorCode.ServerError, "The server's database is damaged.",
            "Nothing was changed. Ask the operator to restore it from a backup.", inner: e),
        _ => null,
    };
}
