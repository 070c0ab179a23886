using System.Globalization;
using Microsoft.Data.Sqlite;

namespace McpDevBench.Storage;

/// <summary>Brings a database to the version of this build: the embedded <c>NNN_name.sql</c> in their order, each in one transaction with its number.</summary>
internal static class Migrations
{
    /// <summary>"MDVB": whose file it is.</summary>
    private const int ApplicationId = 0x4D445642;

    public static void Apply(SqliteConnection connection, StorageOptions options)
    {
        var application = (long)Database.Scalar(connection, "PRAGMA application_id")!;
        var present = (long)Database.Scalar(connection, "PRAGMA user_version")!;
        if (application is not (0 or ApplicationId) || (application == 0 && (long)Database.Scalar(connection, "SELECT count(*) FROM sqlite_master")! > 0))
            throw Database.Unusable(options, "it is the database of another program");
        var scripts = typeof(Migrations).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        if (present > scripts.Count)
            throw Database.Unusable(options, $"it has version {present}, this server knows only up to {scripts.Count}");
        foreach (var script in scripts.Skip((int)present))
        {
            var number = int.Parse(script.AsSpan(0, 3), CultureInfo.InvariantCulture);
            using var reader = new StreamReader(typeof(Migrations).Assembly.GetManifestResourceStream(script)!);
            using var transaction = connection.BeginTransaction(deferred: false);
            Database.Execute(connection, $"{reader.ReadToEnd()}; PRAGMA application_id={ApplicationId}; PRAGMA user_version={number};");
            transaction.Commit();
        }
    }
}
