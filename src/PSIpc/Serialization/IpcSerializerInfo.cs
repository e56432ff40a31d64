namespace PSIpc;

/// <summary>A serializer as Get-IpcSerializer shows it.</summary>
/// <param name="Name">The name that <c>-Serializer</c> takes.</param>
/// <param name="Format">The number that messages carry.</param>
/// <param name="IsDefault">Whether it is used where none is named.</param>
/// <param name="Description">What it is for and what it loses.</param>
public sealed record IpcSerializerInfo(string Name, byte Format, bool IsDefault, string Description);
