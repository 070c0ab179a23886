using System.Collections.Frozen;
using System.Text;

namespace McpDevBench.Vocabulary;

/// <summary>
/// Names in snake_case: <c>TimedOut</c> is <c>timed_out</c>. Members of closed sets have this name in results, metrics, logs and the
/// database.
/// </summary>
internal static class EnumNames
{
    /// <summary>The name of a member. It allocates nothing.</summary>
    public static string Name<T>(this T value)
        where T : struct, Enum => Members<T>.Names[value];

    /// <summary>The names of all members, in their order.</summary>
    public static IReadOnlyList<string> All<T>()
        where T : struct, Enum => Members<T>.All;

    /// <exception cref="InvalidDataException">No member has this name.</exception>
    public static T Parse<T>(string name)
        where T : struct, Enum =>
        Members<T>.Values.TryGetValue(name, out var value) ? value : throw new InvalidDataException($"'{name}' is not a {typeof(T).Name}");

    /// <summary>An identifier in snake_case; what is neither a letter nor a digit becomes an underscore.</summary>
    public static string SnakeCase(string name)
    {
        var snake = new StringBuilder(name.Length + 4);
        for (var index = 0; index < name.Length; index++)
        {
            if (StartsWord(name, index))
                snake.Append('_');
            snake.Append(char.IsLetterOrDigit(name[index]) ? char.ToLowerInvariant(name[index]) : '_');
        }
        return snake.ToString();
    }

    private static bool StartsWord(string name, int index)
    {
        if (index == 0 || !char.IsUpper(name[index]))
            return false;
        var before = name[index - 1];
        return char.IsLower(before) || char.IsDigit(before)
            || (char.IsUpper(before) && index + 1 < name.Length && char.IsLower(name[index + 1]));
    }

    private static class Members<T>
        where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> Names =
            Enum.GetValues<T>().Distinct().ToFrozenDictionary(value => value, value => SnakeCase(value.ToString()));

        public static readonly FrozenDictionary<string, T> Values = Names.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

        public static readonly IReadOnlyList<string> All = [.. Enum.GetValues<T>().Distinct().Select(value => Names[value])];
    }
}
