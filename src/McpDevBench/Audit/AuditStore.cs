using McpDevBench.Storage;
using Microsoft.Data.Sqlite;

namespace McpDevBench.Audit;

/// <summary>A place in the chain. <see cref="Seal"/> proves that the server wrote it.</summary>
internal sealed record AuditMark(string Name, long Seq, byte[] Hash, byte[] Seal)
{
    public const string Last = "last", Pruned = "pruned", Exported = "exported";

    /// <summary>Before the first record.</summary>
    public static AuditMark None(string name) => new(name, 0, AuditChain.Beginning, []);
}

/// <summary>The record in its database, a file of its own beside the state.</summary>
internal sealed class AuditStore : IDisposable
{
    private const string Columns =
        "seq, timestamp, event_type, principal, client_name, session_id, container_id, exec_id, image, target, result, "
            + "error_code, duration_ms, correlation_id, trace_id, prev_hash, hash";

    private const int PrunedAtOnce = 500, MaxWithAlias = 100, MaxSpawns = 10_000;

    private static readonly SqliteSchema _schema = new(
        "audit", 0x4D445641,
        "Restore it from a backup, or move it away and keep it: it has been left as it is. Another is begun where none is.");

    private readonly SqliteFile _file;
    private readonly KeptCommand _insert = new(
        $"INSERT INTO audit ({Columns}) VALUES ({string.Join(", ", Columns.Split(", ").Select(column => $"${column}"))})",
        [.. Columns.Split(", ").Select(column => $"${column}")]);

    private readonly KeptCommand _put = new(
        "INSERT INTO marks (name, seq, hash, seal) VALUES ($name, $seq, $hash, $seal) "
            + "ON CONFLICT (name) DO UPDATE SET seq = $seq, hash = $hash, seal = $seal", "$name", "$seq", "$hash", "$seal");

    /// <summary>Opens or creates it, alone.</summary>
    public AuditStore(StorageOptions storage, StateDisk disk)
        : this(new SqliteFile(PathOf(storage), _schema, disk.MakeRoom))
    {
    }

    private AuditStore(SqliteFile file) => _file = file;

    /// <summary>That of a server that may be running.</summary>
    public static AuditStore OpenForReading(StorageOptions storage) => new(SqliteFile.OpenForReading(PathOf(storage), _schema));

    public static string PathOf(StorageOptions storage) => Path.Combine(storage.Folder, "audit.db");

    /// <summary>Adds records and puts the marks where they are now, all in one transaction.</summary>
    public void Append(IReadOnlyList<AuditRecord> records, IReadOnlyList<AuditMark> marks) => _file.Write(connection =>
    {
        foreach (var record in records)
            Insert(connection, record);
        foreach (var mark in marks)
            Put(connection, mark);
        return true;
    });

    public AuditMark Mark(string name) => _file.Read(connection => Mark(connection, name));

    /// <summary>Adds to a filter by alias the workspaces that were spawned with it, also those that are gone.</summary>
    public AuditFilter Resolve(AuditFilter filter)
    {
        if (filter.ContainerId is not { } alias)
            return filter;
        var ids = _file.Read(connection => connection.Query(
            "SELECT container_id FROM audit WHERE event_type = $event AND container_id <> $alias "
                // A spawn that succeeded names the user id too.
                + "AND (target = $alias OR substr(target, 1, length($alias) + 5) = $alias || ' uid=') "
                + "AND ($principal IS NULL OR principal = $principal) GROUP BY container_id ORDER BY max(seq) DESC LIMIT $most",
            row => row.GetString(0),
            ("$event", AuditEvents.ContainerSpawn), ("$alias", alias), ("$principal", filter.Principal), ("$most", MaxWithAlias)));
        return filter with { WithAlias = [.. ids.Union(filter.WithAlias)] };
    }

    /// <summary>The workspace that was last spawned with an alias, among the newest spawns; null if there is none.</summary>
    public string? LastWithAlias(string principal, string alias) => _file.Read(connection => connection.Query(
        "SELECT container_id FROM (SELECT seq, container_id, principal, target FROM audit WHERE event_type = $event "
                + "ORDER BY seq DESC LIMIT $most) "
            + "WHERE container_id IS NOT NULL AND container_id <> $alias AND principal = $principal "
            + "AND (target = $alias OR substr(target, 1, length($alias) + 5) = $alias || ' uid=') ORDER BY seq DESC LIMIT 1",
        row => row.GetString(0),
        ("$event", AuditEvents.ContainerSpawn), ("$alias", alias), ("$principal", principal), ("$most", MaxSpawns)).FirstOrDefault());

    /// <summary>The records after a number, the oldest first.</summary>
    public List<AuditRecord> After(AuditFilter filter, long seq, int limit) =>
        _file.Read(connection => Page(connection, filter, seq, long.MaxValue, "ASC", limit));

    /// <summary>The records before a number, the newest first.</summary>
    public List<AuditRecord> Before(AuditFilter filter, long seq, int limit) =>
        _file.Read(connection => Page(connection, filter, 0, seq, "DESC", limit));

    /// <summary>After which number the newest so many records begin.</summary>
    public long StartOfNewest(AuditFilter filter, int limit) =>
        Before(filter, long.MaxValue, limit) is { Count: > 0 } newest && newest.Count == limit ? newest[^1].Seq - 1 : 0;

    /// <summary>Every record from the first to the last, and the marks, as they are at one moment.</summary>
    public T Walk<T>(Func<AuditMark, AuditMark, IEnumerable<AuditRecord>, T> look) => _file.Read(connection =>
    {
        using var snapshot = connection.BeginTransaction(deferred: true);
        var (pruned, last) = (Mark(connection, AuditMark.Pruned), Mark(connection, AuditMark.Last));
        using var command = connection.Command($"SELECT {Columns} FROM audit ORDER BY seq");
        using var reader = command.ExecuteReader();
        return look(pruned, last, Rows(reader));
    });

    /// <summary>Whether another record follows the one with this hash.</summary>
    public bool HasFollower(byte[] hash, long except) => Has("prev_hash = $value AND seq <> $except", hash, except);

    /// <summary>Whether some other record has this hash.</summary>
    public bool HasHash(byte[] hash, long except) => Has("hash = $value AND seq <> $except", hash, except);

    /// <summary>Removes what is older, from the beginning of the chain, and marks where it now begins.</summary>
    /// <returns>How many.</returns>
    public int Prune(DateTimeOffset before, AuditChain chain)
    {
        // If nothing is younger, then all that there is now. What is committed from here on is as young as can be.
        var end = _file.Read(connection => connection.Query(
            "SELECT coalesce((SELECT seq FROM audit WHERE +timestamp >= $before ORDER BY seq LIMIT 1), "
                + "(SELECT max(seq) + 1 FROM audit), 0)", row => row.GetInt64(0), ("$before", before.Milliseconds())))[0];
        var removed = 0;
        // In small batches: appends wait for each.
        while (_file.Write(connection => PruneSome(connection, end, chain)) is > 0 and var some)
            removed += some;
        return removed;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _put.Dispose();
        _file.Dispose();
    }

    private int PruneSome(SqliteConnection connection, long end, AuditChain chain)
    {
        var oldest = connection.Query(
            "SELECT seq, hash FROM audit WHERE seq < $end ORDER BY seq LIMIT $most",
            row => (Seq: row.GetInt64(0), Hash: (byte[])row.GetValue(1)), ("$end", end), ("$most", PrunedAtOnce));
        if (oldest.Count == 0)
            return 0;
        var (seq, hash) = oldest[^1];
        Put(connection, new AuditMark(AuditMark.Pruned, seq, hash, chain.Seal(AuditMark.Pruned, seq, hash)));
        return connection.Run("DELETE FROM audit WHERE seq <= $seq", ("$seq", seq));
    }

    private bool Has(string condition, byte[] value, long except) =>
        _file.Read(
            connection =>
                connection.Query(
                    $"SELECT 1 FROM audit WHERE {condition} LIMIT 1", _ => true, ("$value", value), ("$except", except))).Count > 0;

    private void Insert(SqliteConnection connection, AuditRecord record)
    {
        var entry = record.Entry;
        _insert.Run(
            connection, record.Seq, entry.Timestamp.Milliseconds(), entry.EventType, entry.Principal, entry.ClientName, entry.SessionId,
            entry.ContainerId, entry.ExecId, entry.Image, entry.Target, entry.Result, entry.ErrorCode, entry.DurationMs,
            entry.CorrelationId, entry.TraceId, record.PrevHash, record.Hash);
    }

    private void Put(SqliteConnection connection, AuditMark mark) => _put.Run(connection, mark.Name, mark.Seq, mark.Hash, mark.Seal);

    private static AuditMark Mark(SqliteConnection connection, string name) => connection.Query(
        "SELECT seq, hash, seal FROM marks WHERE name = $name",
        row => new AuditMark(name, row.GetInt64(0), (byte[])row.GetValue(1), (byte[])row.GetValue(2)), ("$name", name)).FirstOrDefault()
            ?? AuditMark.None(name);

    private static List<AuditRecord> Page(SqliteConnection connection, AuditFilter filter, long after, long before, string order, int limit)
    {
        var (where, parameters) = filter.Where();
        // A page that goes on after another one is among the right records already.
        if (after == 0 && (filter.Since ?? filter.Until) is not null)
        {
            var (first, last) = Bounds(connection, filter);
            (after, before) = (first - 1, Math.Min(before, last + 1));
        }
        return connection.Query(
            $"SELECT {Columns} FROM audit WHERE seq > $after AND seq < $before{where} ORDER BY seq {order} LIMIT $most", Row,
            [.. parameters, ("$after", after), ("$before", before), ("$most", limit)]);
    }

    /// <summary>
    /// Between which numbers all records of a time are, so that a day is found without looking at all the others. A clock may be set back:
    /// the first in time need not be the first by number.
    /// </summary>
    private static (long First, long Last) Bounds(SqliteConnection connection, AuditFilter filter) => connection.Query(
        "SELECT coalesce(min(seq), 1), coalesce(max(seq), 0) FROM audit INDEXED BY audit_timestamp "
            + "WHERE timestamp >= $since AND timestamp < $until",
        row => (row.GetInt64(0), row.GetInt64(1)), ("$since", filter.Since?.Milliseconds() ?? long.MinValue), (
            "$until", filter.Until?.Milliseconds() ?? long.MaxValue))[0];

    private static IEnumerable<AuditRecord> Rows(SqliteDataReader reader)
    {
        while (reader.Read())
            yield return Row(reader);
    }

    private static AuditRecord Row(SqliteDataReader row) => new(
        row.GetInt64(0),
        new AuditEntry
        {
            Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)),
            EventType = row.GetString(2),
            Principal = row.GetString(3),
            ClientName = Text(row, 4),
            SessionId = Text(row, 5),
            ContainerId = Text(row, 6),
            ExecId = Text(row, 7),
            Image = Text(row, 8),
            Target = Text(row, 9),
            Result = row.GetString(10),
            ErrorCode = Text(row, 11),
            DurationMs = row.IsDBNull(12) ? null : row.GetInt64(12),
            CorrelationId = Text(row, 13),
            TraceId = Text(row, 14),
        },
        (byte[])row.GetValue(15), (byte[])row.GetValue(16));

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
