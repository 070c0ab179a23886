using System.Text;
using System.Text.Json;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

/// <summary>
/// Credentials for registries, from a file in the format of Docker's <c>config.json</c>. Each goes to its own registry only.
/// </summary>
internal sealed class RegistryCredentials
{
    /// <summary>What Docker Hub's entry is called in that file.</summary>
    private const string DockerHub = "https://index.docker.io/v1/";

    private readonly Dictionary<string, AuthConfig> _byDomain = new(StringComparer.Ordinal);

    /// <param name="source">A path, the JSON itself, or null.</param>
    /// <exception cref="FormatException">It is neither.</exception>
    public RegistryCredentials(string? source)
    {
        if (source is null)
            return;
        try
        {
            using var document = JsonDocument.Parse(source.TrimStart().StartsWith('{') ? source : File.ReadAllText(source));
            if (!document.RootElement.TryGetProperty("auths", out var entries))
                return;
            foreach (var entry in entries.EnumerateObject())
                _byDomain[DomainOf(entry.Name)] = Read(entry);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException
            or InvalidOperationException or FormatException)
        {
            // Without the inner message: it might quote the secret.
            throw new FormatException(
                "MCP_DOCKER_CONFIG_JSON is not allowed: use a readable file in the format of Docker's config.json, or its text.");
        }
    }

    /// <returns>Null: pull without credentials.</returns>
    public AuthConfig? For(string domain) => _byDomain.GetValueOrDefault(domain);

    private static string DomainOf(string name)
    {
        if (name is DockerHub or "index.docker.io")
            return "docker.io";
        var text = name.Contains("://", StringComparison.Ordinal) ? name[(name.IndexOf("://", StringComparison.Ordinal) + 3)..] : name;
        return text.Split('/')[0].ToLowerInvariant();
    }

    private static AuthConfig Read(JsonProperty entry)
    {
        var auth = new AuthConfig { ServerAddress = entry.Name };
        if (entry.Value.TryGetProperty("identitytoken", out var token))
            auth.IdentityToken = token.GetString();
        if (entry.Value.TryGetProperty("auth", out var pair)
            && Encoding.UTF8.GetString(Convert.FromBase64String(pair.GetString() ?? "")) is var text
            && text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            (auth.Username, auth.Password) = (text[..colon], text[(colon + 1)..].TrimEnd('\0'));
        if (entry.Value.TryGetProperty("username", out var user))
            auth.Username = user.GetString();
        if (entry.Value.TryGetProperty("password", out var password))
            auth.Password = password.GetString();
        return auth;
    }
}
