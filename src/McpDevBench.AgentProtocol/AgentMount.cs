namespace McpDevBench.AgentProtocol;

/// <summary>Something that is mounted in the container, as /proc/self/mountinfo has it.</summary>
/// <param name="Point">Where.</param>
/// <param name="Type">The type of the file system, such as <c>tmpfs</c>.</param>
/// <param name="Root">Which directory of that file system: for a volume, its path on the Docker host.</param>
public sealed record AgentMount(string Point, string Type, string Root)
{
    /// <summary>Mounts that a <see cref="Welcome"/> may have.</summary>
    public const int MaxCount = 256;

    public void Write(MessageWriter to) => to.String(Point).String(Type).String(Root);

    public static AgentMount Read(ref MessageReader from) => new(from.String(), from.String(), from.String());
}
