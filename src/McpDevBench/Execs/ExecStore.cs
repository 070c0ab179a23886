using McpDevBench.Workspaces;
using McpDevBench.Storage;
using Microsoft.Data.Sqlite;

namespace McpDevBench.Execs;

/// <summary>Commands in the database.</summary>
internal sealed class ExecStore(Database database)
{
    public void Insert(Exec exec) => database.Write(connection => connection.Run(
        "INSERT INTO execs (id, container_id, owner, command, started_at, timeout_ms) "
            + "VALUES ($id, $container, $owner, $command, $started, $timeout)",
        ("$timeout", (long?)exec.Timeout?.TotalMilliseconds), ("$id", exec.Id.ToString()), ("$container", exec.ContainerId.ToString()),
        ("$owner", exec.Owner), ("$command", exec.Command.Json()), ("$started", exec.StartedAt.Milliseconds())));

    /// <summary>For an exec that never started, and for one whose retention has ended.</summary>
    public void Delete(ExecId id) =>
        database.Write(connection => connection.Run("DELETE FROM execs WHERE id = $id", ("$id", id.ToString())));

    /// <summary>See <see cref="Exec.Unsettled"/>; a restarted server goes on from there.</summary>
    public void Doubt(ExecId id) =>
        database.Write(connection => connection.Run("UPDATE execs SET unsettled = 1 WHERE id = $id", ("$id", id.ToString())));

    public void Finish(Exec exec) => database.Write(connection => connection.Run(
        """
        UPDATE execs SET ended_at = $ended, outcome = $outcome, exit_code = $code, signal = $signal, wall_ms = $wall, cpu_ms = $cpu,
            max_rss_bytes = $rss, stdout_bytes = $stdout, stderr_bytes = $stderr, command = $command,
            shell = $shell, notes = $notes, background = $background, background_count = $survivors, drained_at = $drained WHERE id = $id
        """,
        ("$command", exec.Command.Json()), ("$shell", exec.Shell), ("$notes", exec.Notes.Count == 0 ? null : exec.Notes.Json()),
        ("$background", exec.Background?.Named.Json()), ("$survivors", exec.Background?.Count ?? 0),
        ("$drained", exec.DrainedAt?.Milliseconds()),
        ("$ended", exec.EndedAt?.Milliseconds()), ("$outcome", exec.Outcome?.Name()), ("$code", exec.ExitCode),
        ("$signal", exec.Signal), ("$wall", exec.Usage?.WallMs), ("$cpu", exec.Usage?.CpuMs), ("$rss", exec.Usage?.MaxRssBytes),
        ("$stdout", exec.Usage?.StdoutBytes), ("$stderr", exec.Usage?.StderrBytes), ("$id", exec.Id.ToString())));

    public Exec? Find(ExecId id) =>
        database.Read(connection => connection.Query("SELECT * FROM execs WHERE id = $id", Read, ("$id", id.ToString()))).FirstOrDefault();

    /// <summary>Commands that run, or of which processes do.</summary>
    public List<Exec> Running() => database.Read(connection => connection.Query(
        "SELECT * FROM execs WHERE outcome IS NULL OR background IS NOT NULL", Read));

    /// <summary>The newest first.</summary>
    /// <param name="before">Only what started before; with the id, the place where a page ended.</param>
    public List<Exec> List(Caller caller, WorkspaceId? container, bool includeFinished, (long StartedAt, string Id)? before, int limit) =>
        database.Read(connection => connection.Query(
        """
        SELECT * FROM execs WHERE owner = $owner AND ($container IS NULL OR container_id = $container)
            AND ($finished OR outcome IS NULL OR background IS NOT NULL)
            AND ($before IS NULL OR (started_at, id) < ($before, $before_id)) ORDER BY started_at DESC, id DESC LIMIT $most
        """, Read,
        ("$owner", caller.Name), ("$container", container?.ToString()), ("$finished", includeFinished), ("$before", before?.StartedAt),
        ("$before_id", before?.Id), ("$most", limit)));

    public List<ExecId> EndedBefore(DateTimeOffset time) => [.. database.Read(connection => connection.Query(
        "SELECT * FROM execs WHERE coalesce(drained_at, ended_at) < $time AND background IS NULL", Read,
        ("$time", time.Milliseconds()))).Select(exec => exec.Id)];

    /// <summary>Ended commands that printed something and whose output is there, with the bytes that they printed.</summary>
    public List<KeptOutput> KeptOutputs() => database.Read(connection => connection.Query(
        """
        SELECT id, container_id, coalesce(drained_at, ended_at) AS ended,
            coalesce(stdout_bytes, 0) + coalesce(stderr_bytes, 0) AS bytes
        FROM execs WHERE outcome IS NOT NULL AND background IS NULL AND output_removed = 0
            AND coalesce(stdout_bytes, 0) + coalesce(stderr_bytes, 0) > 0
        """,
        row => new KeptOutput(IdOf(row), ContainerOf(row), row.Time("ended")!.Value, row.Integer("bytes")!.Value)));

    /// <param name="note">Why, for a later reader of the exec.</param>
    public void MarkOutputRemoved(ExecId id, string note)
    {
        if (Find(id) is not { } exec)
            return;
        database.Write(connection => connection.Run(
            "UPDATE execs SET output_removed = 1, notes = $notes WHERE id = $id",
            ("$notes", exec.Notes.Append(note).ToList().Json()), ("$id", id.ToString())));
    }

    private static Exec Read(SqliteDataReader row)
    {
        return new Exec
        {
            Id = IdOf(row),
            ContainerId = ContainerOf(row),
            Owner = row.Text("owner")!,
            Command = SqliteExtensions.List(row.Text("command")!),
            StartedAt = row.Time("started_at")!.Value,
            EndedAt = row.Time("ended_at"),
            Outcome = row.Text("outcome") is { } outcome ? EnumNames.Parse<ExecOutcome>(outcome) : null,
            ExitCode = (int?)row.Integer("exit_code"),
            Signal = (int?)row.Integer("signal"),
            Timeout = row.Integer("timeout_ms") is { } timeout ? TimeSpan.FromMilliseconds(timeout) : null,
            Shell = row.Text("shell"),
            Notes = row.Text("notes") is { } notes ? SqliteExtensions.List(notes) : [],
            Background = row.Text("background") is { } named
                ? new ExecSurvivors((int)row.Integer("background_count")!, SqliteExtensions.List(named)) : null,
            DrainedAt = row.Time("drained_at"),
            OutputRemoved = row.Integer("output_removed") == 1,
            Unsettled = row.Integer("unsettled") == 1,
            Usage = UsageOf(row),
        };
    }

    private static ExecUsage? UsageOf(SqliteDataReader row)
    {
        if (row.Integer("wall_ms") is not { } wall)
            return null;
        long Count(string column) => row.Integer(column) ?? 0;
        return new ExecUsage(wall, Count("cpu_ms"), Count("max_rss_bytes"), Count("stdout_bytes"), Count("stderr_bytes"));
    }

    private static ExecId IdOf(SqliteDataReader row) =>
        ExecId.TryParse(row.Text("id"), out var id) ? id : throw new InvalidDataException($"'{row.Text("id")}' is not an exec id");

    private static WorkspaceId ContainerOf(SqliteDataReader row) => WorkspaceId.TryParse(row.Text("container_id"), out var id)
        ? id : throw new InvalidDataException($"'{row.Text("container_id")}' is not a container id");
}
