using System.Globalization;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

internal sealed record EngineVolume(string Name, DateTimeOffset CreatedAt, IReadOnlyDictionary<string, string> Labels);

/// <summary>Named volumes.</summary>
internal sealed class EngineVolumes(DockerEngine engine)
{
    private const string NoQuota = "no quota support";

    /// <summary>Whether the engine holds volumes to their size; null until a volume with a size was asked for.</summary>
    public bool? HasQuota { get; private set; }

    /// <summary>Creates a volume, or finds it.</summary>
    /// <param name="maxBytes">Its quota, where the file system below the engine has project quotas; 0 for none.</param>
    public async Task CreateAsync(
        string name, IReadOnlyDictionary<string, string> labels, long maxBytes, CancellationToken cancellationToken)
    {
        if (maxBytes > 0 && HasQuota != false)
        {
            try
            {
                await CreateAsync(
                    name, labels, new Dictionary<string, string> { ["size"] = maxBytes.ToString(CultureInfo.InvariantCulture) },
                    cancellationToken);
                HasQuota = true;
                return;
            }
            catch (DockerApiException e) when (DockerEngine.Text(e).Contains(NoQuota, StringComparison.OrdinalIgnoreCase))
            {
                HasQuota = false;
            }
        }
        await CreateAsync(name, labels, new Dictionary<string, string>(), cancellationToken);
    }

    private Task<VolumeResponse> CreateAsync(
        string name, IReadOnlyDictionary<string, string> labels, Dictionary<string, string> options, CancellationToken cancellationToken) =>
        engine.CallAsync("volume_create", (client, token) => client.Volumes.CreateAsync(
            new VolumesCreateParameters { Name = name, Labels = new Dictionary<string, string>(labels), DriverOpts = options },
            token), cancellationToken);

    /// <summary>Creates a volume, or finds the one of that name, with the labels that it was created with.</summary>
    public async Task<EngineVolume> CreateOrFindAsync(
        string name, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken) =>
        Read(await CreateAsync(name, labels, new Dictionary<string, string>(), cancellationToken));

    /// <returns>False: in use. One that is gone is fine.</returns>
    public async Task<bool> RemoveAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await engine.CallAsync("volume_remove", (client, token) => client.Volumes.RemoveAsync(name, false, token), cancellationToken);
            return true;
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return true;
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.Conflict)
        {
            return false;
        }
    }

    public async Task<IReadOnlyList<EngineVolume>> ListAsync(string label, CancellationToken cancellationToken)
    {
        var found = await engine.CallAsync("volume_list", (client, token) => client.Volumes.ListAsync(new VolumesListParameters
        {
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [label] = true } },
        }, token), cancellationToken);
        return [.. (found.Volumes ?? []).Select(Read)];
    }

    private static EngineVolume Read(VolumeResponse volume) => new(
        volume.Name,
        DateTimeOffset.TryParse(volume.CreatedAt, CultureInfo.InvariantCulture, out var createdAt) ? createdAt : DateTimeOffset.MaxValue,
        new Dictionary<string, string>(volume.Labels ?? new Dictionary<string, string>()));
}
