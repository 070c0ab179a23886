using McpDevBench.Storage;
using Microsoft.Data.Sqlite;

namespace McpDevBench.Workspaces;

/// <summary>Workspaces in the database.</summary>
internal sealed class WorkspaceStore(Database database)
{
    private const int ConstraintViolation = 19;

    public List<Workspace> Load() =>
        database.Read(connection => connection.Query("SELECT * FROM containers ORDER BY created_at, id", Read));

    /// <summary>When this database was made: what is older belongs to one that was lost.</summary>
    public DateTimeOffset BornAt { get; } = database
        .Read(connection => connection.Query("SELECT born_at FROM birth", row => row.Time("born_at")!.Value)).Single();

    /// <summary>Ids of the workspaces that have an alias, in the database of a server that may be running.</summary>
    /// <param name="owner">Null for all.</param>
    public static IReadOnlyList<string> IdsWithAlias(StorageOptions options, string alias, string? owner) =>
        Database.ReadAside(options, connection => connection.Query(
            "SELECT id FROM containers WHERE alias = $alias AND ($owner IS NULL OR owner = $owner)",
            row => row.GetString(0), ("$alias", alias), ("$owner", owner)));

    /// <exception cref="RequestException">conflict: the owner has another workspace with this alias.</exception>
    public void Insert(Workspace workspace)
    {
        try
        {
            database.Write(connection => connection.Run(
                """
                INSERT INTO containers (id, docker_id, owner, alias, image, digest, image_id, persistent, status, volume,
                    memory_mb, cpus, pids, network, labels, env, created_at, last_used_at, lease_until, idle_ttl_ms, adoption, uid)
                VALUES ($id, $docker_id, $owner, $alias, $image, $digest, $image_id, $persistent, $status, $volume,
                    $memory_mb, $cpus, $pids, $network, $labels, $env, $created_at, $last_used_at, $lease_until, $idle_ttl_ms, $adoption,
                    $uid)
                """,
                ("$id", workspace.Id.ToString()), ("$docker_id", workspace.Container?.Value), ("$owner", workspace.Owner),
                ("$alias", workspace.Alias),
                ("$image", workspace.Image), ("$digest", workspace.Digest), ("$image_id", workspace.ImageId),
                ("$persistent", workspace.Persistent), ("$status", workspace.Status.Name()),
                ("$volume", workspace.VolumeName), ("$memory_mb", workspace.Limits.MemoryMb),
                ("$cpus", workspace.Limits.Cpus), ("$pids", workspace.Limits.Pids),
                ("$network", workspace.Network), ("$labels", workspace.Labels.Json()), ("$env", workspace.Env.Json()),
                ("$created_at", workspace.CreatedAt.Milliseconds()), ("$last_used_at", workspace.LastUsedAt.Milliseconds()),
                ("$lease_until", workspace.LeaseUntil?.Milliseconds()),
                ("$idle_ttl_ms", (long?)workspace.IdleTimeToLive?.TotalMilliseconds), ("$adoption", workspace.Adoption),
                ("$uid", workspace.Uid)));
        }
        catch (SqliteException e) when (e.SqliteErrorCode == ConstraintViolation)
        {
            throw Taken(workspace.Alias!, e);
        }
    }

    public void Update(Workspace workspace) => database.Write(connection => connection.Run(
        "UPDATE containers SET docker_id = $docker_id, digest = $digest, image_id = $image_id, persistent = $persistent, "
            + "status = $status, env = $env, labels = $labels, last_used_at = $last_used_at, lease_until = $lease_until, "
            + "idle_ttl_ms = $idle_ttl_ms WHERE id = $id",
        ("$docker_id", workspace.Container?.Value), ("$digest", workspace.Digest), ("$image_id", workspace.ImageId),
        ("$persistent", workspace.Persistent),
        ("$status", workspace.Status.Name()), ("$env", workspace.Env.Json()), ("$labels", workspace.Labels.Json()),
        ("$last_used_at", workspace.LastUsedAt.Milliseconds()), ("$lease_until", workspace.LeaseUntil?.Milliseconds()),
        ("$idle_ttl_ms", (long?)workspace.IdleTimeToLive?.TotalMilliseconds), ("$id", workspace.Id.ToString())));

    /// <summary>Writes a use down, and nothing else: whatever changes the row at the same time stays as it is.</summary>
    public void Touch(WorkspaceId id, DateTimeOffset usedAt) => database.Write(connection => connection.Run(
        "UPDATE containers SET last_used_at = $used WHERE id = $id", ("$used", usedAt.Milliseconds()), ("$id", id.ToString())));

    /// <summary>Intends a removal: from here on it is finished, by the reconciler if need be.</summary>
    /// <param name="keptAt">Not null: its volume stays, for the next workspace with the same alias.</param>
    public void BeginRemoval(Workspace workspace, DateTimeOffset? keptAt) => database.Write(connection =>
    {
        connection.Run("UPDATE containers SET status = $status WHERE id = $id",
            ("$status", WorkspaceStatus.Removing.Name()), ("$id", workspace.Id.ToString()));
        connection.Run("DELETE FROM kept_volumes WHERE volume = $volume", ("$volume", workspace.VolumeName));
        if (keptAt is { } now)
            KeptFileStore.Insert(
                connection,
                new KeptFiles(
                    workspace.Owner, workspace.KeptAs, workspace.VolumeName, now, workspace.Id.ToString(), workspace.Image, workspace.Uid));
    });

    public void Delete(Workspace workspace) => database.Write(
        connection => connection.Run("DELETE FROM containers WHERE id = $id", ("$id", workspace.Id.ToString())));

    public void Attach(WorkspaceId id, string? clientName, string? sessionId, DateTimeOffset now) => database.Write(
        connection => connection.Run(
        "INSERT INTO attachments (container_id, client_name, session_id, attached_at) VALUES ($id, $client, $session, $now)",
        ("$id", id.ToString()), ("$client", clientName), ("$session", sessionId), ("$now", now.Milliseconds())));

    /// <summary>How many execs run, in the background too, in each workspace that has any.</summary>
    public Dictionary<string, int> RunningExecs() => database.Read(connection => connection.Query(
        "SELECT container_id, count(*) FROM execs WHERE outcome IS NULL OR background IS NOT NULL GROUP BY container_id",
        row => (row.GetString(0), row.GetInt32(1)))).ToDictionary();

    public static RequestException Taken(string alias, Exception? inner = null) => new(
        ErrorCode.Conflict, $"There is a workspace with the alias '{alias}' already.",
        "Call attach with this alias to use it with its files, or spawn with another alias for a second workspace.", inner: inner);

    private static Workspace Read(SqliteDataReader row)
    {
        if (!WorkspaceId.TryParse(row.Text("id"), out var id))
            throw new InvalidDataException($"'{row.Text("id")}' is not a workspace id");
        return new Workspace
        {
            Id = id,
            Container = row.Text("docker_id") is { } container ? new ContainerId(container) : null,
            Owner = row.Text("owner")!,
            Alias = row.Text("alias"),
            Image = row.Text("image")!,
            Digest = row.Text("digest"),
            ImageId = row.Text("image_id"),
            Adoption = row.Text("adoption"),
            Persistent = row.Integer("persistent") == 1,
            Status = EnumNames.Parse<WorkspaceStatus>(row.Text("status")!),
            VolumeName = row.Text("volume")!,
            Uid = (int)row.Integer("uid")!,
            Limits = new WorkspaceLimits((int)row.Integer("memory_mb")!, row.GetDouble(row.GetOrdinal("cpus")), (int)row.Integer("pids")!),
            Network = row.Text("network")!,
            Labels = SqliteExtensions.Map(row.Text("labels")!),
            Env = SqliteExtensions.Map(row.Text("env")!),
            CreatedAt = row.Time("created_at")!.Value,
            LastUsedAt = row.Time("last_used_at")!.Value,
            LeaseUntil = row.Time("lease_until"),
            IdleTimeToLive = row.Integer("idle_ttl_ms") is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null,
        };
    }
}
