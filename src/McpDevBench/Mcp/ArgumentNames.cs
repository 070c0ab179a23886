using System.Buffers;
using System.Text;
using System.Text.Json;

namespace McpDevBench.Mcp;

/// <summary>
/// Names of arguments that clients send for those of the schema, where they can mean one thing only: <c>containerId</c> for
/// <c>container_id</c>, and <c>op</c> and <c>path</c> beside <c>container_id</c> for those of the one item of <c>operations</c>. A flat
/// edit is not among them: <c>old_text</c> and <c>new_text</c> are published (<see cref="EditArguments.Of"/>).
/// </summary>
internal static class ArgumentNames
{
    /// <returns>The object with the schema's names; undefined if it has no other.</returns>
    public static JsonElement Known(ArgumentShape shape, JsonElement value)
    {
        if (value.EnumerateObject().All(member => shape.Members.ContainsKey(member.Name)))
            return default;
        var given = value.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null)
            .Select(member => member.Name).ToHashSet();
        var members = value.EnumerateObject().Select(member => (Name: NameOf(shape, member.Name, given), member.Value)).ToList();
        var home = Home(shape, members.Select(member => member.Name).Where(name => !shape.Members.ContainsKey(name)), given);
        return Write(shape, members, home);
    }

    /// <summary>The member of the object whose own members include the name, if only one does.</summary>
    public static string? Home(ArgumentShape shape, string name)
    {
        var homes = shape.Members.Where(member => Inner(member.Value).Members.ContainsKey(name)).Select(member => member.Key).ToList();
        return homes.Count == 1 ? homes[0] : null;
    }

    /// <summary>The one home of all these names, if it was not given itself.</summary>
    private static string? Home(ArgumentShape shape, IEnumerable<string> names, HashSet<string> given)
    {
        var homes = names.Select(name => Home(shape, Snake(name)) ?? "").Distinct().ToList();
        return homes is [{ Length: > 0 } home] && !given.Contains(home) ? home : null;
    }

    private static ArgumentShape Inner(ArgumentShape shape) => shape.Type == "array" ? shape.Items! : shape;

    private static string NameOf(ArgumentShape shape, string name, HashSet<string> given)
    {
        if (shape.Members.ContainsKey(name))
            return name;
        var snake = Snake(name);
        return shape.Members.ContainsKey(snake) && !given.Contains(snake) ? snake : name;
    }

    /// <summary>From camelCase, PascalCase or kebab-case.</summary>
    private static string Snake(string name)
    {
        var snake = new StringBuilder(name.Length + 8);
        foreach (var character in name)
        {
            if (char.IsAsciiLetterUpper(character) && snake.Length > 0 && snake[^1] != '_')
                snake.Append('_');
            snake.Append(character == '-' ? '_' : char.ToLowerInvariant(character));
        }
        return snake.ToString();
    }

    private static JsonElement Write(ArgumentShape shape, List<(string Name, JsonElement Value)> members, string? home)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in members)
            {
                if (home is null || (shape.Members.ContainsKey(name) && name != home))
                    Write(json, name, value);
            }
            if (home is not null)
            {
                json.WritePropertyName(home);
                if (shape.Members[home].Type == "array")
                    json.WriteStartArray();
                json.WriteStartObject();
                foreach (var (name, value) in members.Where(member => !shape.Members.ContainsKey(member.Name)))
                    Write(json, Snake(name), value);
                json.WriteEndObject();
                if (shape.Members[home].Type == "array")
                    json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, string name, JsonElement value)
    {
        json.WritePropertyName(name);
        value.WriteTo(json);
    }
}
