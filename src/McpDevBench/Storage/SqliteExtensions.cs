using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;

namespace McpDevBench.Storage;

/// <summary>What every store needs of SQLite: named parameters, nullable columns, times and JSON.</summary>
internal static class SqliteExtensions
{
    /// <summary>A command whose parameters are <c>$name</c>.</summary>
    public static SqliteCommand Command(
        this SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    /// <returns>Rows changed.</returns>
    public static int Run(this SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = connection.Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    public static object? Scalar(this SqliteConnection connection, string sql)
    {
        using var command = connection.Command(sql);
        return command.ExecuteScalar();
    }

    public static List<T> Query<T>(
        this SqliteConnection connection, string sql, Func<SqliteDataReader, T> read,
        params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = connection.Command(sql, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }

    public static string? Text(this SqliteDataReader reader, string column) =>
        reader.IsDBNull(reader.GetOrdinal(column)) ? null : reader.GetString(reader.GetOrdinal(column));

    public static long? Integer(this SqliteDataReader reader, string column) =>
        reader.IsDBNull(reader.GetOrdinal(column)) ? null : reader.GetInt64(reader.GetOrdinal(column));

    public static DateTimeOffset? Time(this SqliteDataReader reader, string column) =>
        reader.Integer(column) is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;

    public static long Milliseconds(this DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    public static string Json(this IReadOnlyDictionary<string, string> map) =>
        JsonSerializer.Serialize(map.ToDictionary(), StorageJson.Default.DictionaryStringString);

    public static string Json(this IReadOnlyList<string> list) => JsonSerializer.Serialize([.. list], StorageJson.Default.StringArray);

    public static Dictionary<string, string> Map(string json) =>
        JsonSerializer.Deserialize(json, StorageJson.Default.DictionaryStringString)!;

    public static string[] List(string json) => JsonSerializer.Deserialize(json, StorageJson.Default.StringArray)!;
}

[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class StorageJson : JsonSerializerContext;
