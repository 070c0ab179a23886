using McpDevBench.Storage;
using Microsoft.Data.Sqlite;

namespace McpDevBench.Workspaces;

/// <summary>Files of a workspace that was removed: the next spawn with the alias gets them.</summary>
/// <param name="ContainerId">The workspace that they belonged to; null where that is not known.</param>
/// <param name="Image">Its image; null where that is not known.</param>
/// <param name="Uid">The user to whom they belong.</param>
internal sealed record KeptFiles(
    string Owner, string Alias, string Volume, DateTimeOffset KeptAt, string? ContainerId, string? Image, int Uid);

/// <summary>Kept files in the database.</summary>
internal sealed class KeptFileStore(Database database)
{
    /// <summary>Adds a row. Other files that are kept under the same alias stay, under a name with the time in it.</summary>
    public static void Insert(SqliteConnection connection, KeptFiles files)
    {
        connection.Run(
            "UPDATE kept_volumes SET alias = substr(alias, 1, 49) || '-' || kept_at WHERE owner = $owner AND alias = $alias "
                + "AND volume <> $volume",
            ("$owner", files.Owner), ("$alias", files.Alias), ("$volume", files.Volume));
        connection.Run(
            """
            INSERT OR REPLACE INTO kept_volumes (owner, alias, volume, kept_at, container_id, image, uid)
            VALUES ($owner, $alias, $volume, $now, $container, $image, $uid)
            """,
            ("$owner", files.Owner), ("$alias", files.Alias), ("$volume", files.Volume), ("$now", files.KeptAt.Milliseconds()),
            ("$container", files.ContainerId), ("$image", files.Image), ("$uid", files.Uid));
    }

    public void Insert(KeptFiles files) => database.Write(connection => Insert(connection, files));

    /// <summary>By alias, or by the id of the workspace that they belonged to; null if there are none.</summary>
    public KeptFiles? Find(Caller caller, string target) => database.Read(connection => connection.Query(
        "SELECT * FROM kept_volumes WHERE owner = $owner AND (alias = $target OR container_id = $target) "
            + "ORDER BY alias = $target DESC, kept_at DESC",
        Read,
        ("$owner", caller.Name), ("$target", target))).FirstOrDefault();

    public List<KeptFiles> List(Caller caller) => database.Read(connection => connection.Query(
        "SELECT * FROM kept_volumes WHERE owner = $owner ORDER BY alias", Read, ("$owner", caller.Name)));

    /// <summary>The volumes of all owners.</summary>
    public HashSet<string> Volumes() =>
        [.. database.Read(connection => connection.Query("SELECT volume FROM kept_volumes", row => row.GetString(0)))];

    /// <summary>The users of all files.</summary>
    public List<int> Uids() => database.Read(connection => connection.Query("SELECT uid FROM kept_volumes", row => row.GetInt32(0)));

    /// <summary>The volume belongs to a workspace again, or is gone.</summary>
    public void Delete(string volume) =>
        database.Write(connection => connection.Run("DELETE FROM kept_volumes WHERE volume = $volume", ("$volume", volume)));

    private static KeptFiles Read(SqliteDataReader row) => new(
        row.Text("owner")!, row.Text("alias")!, row.Text("volume")!, row.Time("kept_at")!.Value, row.Text("container_id"),
        row.Text("image"), (int)row.Integer("uid")!);
}
