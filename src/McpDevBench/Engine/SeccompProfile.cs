using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpDevBench.Engine;

/// <summary>
/// The system calls that a workspace may make, from <c>seccomp.json</c> beside this file, in the format of <c>docker run --security-opt
/// seccomp=</c>. Narrower than Docker's default: no io_uring, and only the socket families and protocols that ordinary programs use.
/// </summary>
internal static class SeccompProfile
{
    private const string ResourceName = "seccomp.json";

    /// <param name="allowIoUring">Whether io_uring is allowed too.</param>
    /// <returns>The profile as one line of JSON, without its comments.</returns>
    public static string Build(bool allowIoUring)
    {
        using var resource = typeof(SeccompProfile).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"The resource {ResourceName} is missing from this build.");
        var profile = JsonNode.Parse(resource)!.AsObject();
        var rules = profile["syscalls"]!.AsArray();
        foreach (var rule in rules)
            rule!.AsObject().Remove("comment");
        if (allowIoUring)
        {
            rules.Add((JsonNode)new JsonObject
            {
                ["names"] = new JsonArray("io_uring_enter", "io_uring_register", "io_uring_setup"),
                ["action"] = "SCMP_ACT_ALLOW",
            });
        }

        return profile.ToJsonString(new JsonSerializerOptions());
    }
}
