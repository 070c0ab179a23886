using System.Globalization;
using Microsoft.Data.Sqlite;

namespace McpDevBench.Storage;

/// <summary>
/// Brings a database to the version of this build: the embedded <c>NNN_name.sql</c> of its kind in their order, each in one transaction
/// with its number.
/// </summary>
internal static class Migrations
{
    public static void Apply(SqliteConnection connection, string path, SqliteSchema schema)
    {
        var present = VersionOf(connection, path, schema);
        var scripts = ScriptsOf(schema);
        if (present > scripts.Count)
            throw SqliteFile.Unusable(path, schema, $"it has version {present}, this server knows only up to {scripts.Count}");
        foreach (var script in scripts.Skip(present))
        {
            var number = int.Parse(script.AsSpan(schema.Name.Length + 1, 3), CultureInfo.InvariantCulture);
            using var reader = new StreamReader(typeof(Migrations).Assembly.GetManifestResourceStream(script)!);
            using var transaction = connection.BeginTransaction(deferred: false);
            connection.Run($"{reader.ReadToEnd()}; PRAGMA application_id={schema.ApplicationId}; PRAGMA user_version={number};");
            transaction.Commit();
        }
    }

    /// <summary>For a reader, which does not migrate: the database must have exactly the version of this build.</summary>
    public static void RequireCurrent(SqliteConnection connection, string path, SqliteSchema schema)
    {
        if (VersionOf(connection, path, schema) is var present && present != ScriptsOf(schema).Count)
            throw SqliteFile.Unusable(path, schema, $"it has version {present}, this program knows {ScriptsOf(schema).Count}");
    }

    private static int VersionOf(SqliteConnection connection, string path, SqliteSchema schema)
    {
        var application = (long)connection.Scalar("PRAGMA application_id")!;
        if ((application != 0 && application != schema.ApplicationId) || (application == 0
            && (long)connection.Scalar("SELECT count(*) FROM sqlite_master")! > 0))
            throw SqliteFile.Unusable(path, schema, "it is the database of another program");
        return (int)(long)connection.Scalar("PRAGMA user_version")!;
    }

    private static List<string> ScriptsOf(SqliteSchema schema) => [.. typeof(Migrations).Assembly.GetManifestResourceNames()
        .Where(
            name =>
                name.StartsWith(schema.Name + "/", StringComparison.Ordinal) && name.EndsWith(
                    ".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
