using System.Management.Automation;
using System.Net;
using System.Runtime.InteropServices;
using System.Security;
using global::MessagePack;

namespace PSIpc.MessagePack;

/// <summary>
/// Secure strings as their UTF-16 text, and credentials as their names and secure strings. The text is copied from protected memory into the message
/// and from there into protected memory again, never into a managed string.
/// </summary>
internal static class Secrets
{
    private const int MaxLength = 65536; // of a SecureString

    /// <summary>Whether text of CliXml in UTF-8 has a secure string in it: in text content the character before the name is escaped.</summary>
    public static bool AreInCliXml(ReadOnlySpan<byte> text) => text.IndexOf("<SS"u8) >= 0;

    /// <summary>Writes a secure string.</summary>
    public static void Write(ref MessagePackWriter writer, SecureString secret)
    {
        int length = secret.Length * sizeof(char);
        IntPtr text = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try
        {
            writer.WriteExtensionFormatHeader(new ExtensionHeader(ExtensionCode.SecureString, (uint)length));
            Span<byte> target = writer.GetSpan(length);
            for (int i = 0; i < length; i++)
            {
                target[i] = Marshal.ReadByte(text, i);
            }

            writer.Advance(length);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(text);
        }
    }

    /// <summary>Reads a secure string.</summary>
    public static SecureString Read(ReadOnlySpan<byte> bytes)
    {
        ObjectReader.Require(bytes.Length % sizeof(char) == 0 && bytes.Length / sizeof(char) <= MaxLength);
        SecretBuffers.NoteRead();
        var secret = new SecureString();
        foreach (char c in MemoryMarshal.Cast<byte, char>(bytes))
        {
            secret.AppendChar(c);
        }

        secret.MakeReadOnly();
        return secret;
    }

    /// <summary>Reads a credential whose marker was read: 0 a PSCredential with name and secure string, 1 a NetworkCredential with a domain before the secure string.</summary>
    public static object ReadCredential(ObjectReader objects, ref MessagePackReader reader, Marker marker, int count)
    {
        ObjectReader.Require(marker is { Length: 1, Number: 0 or 1 } && count == 2 + marker.Number);
        string name = ObjectReader.ReadText(ref reader);
        string domain = marker.Number == 1 ? ObjectReader.ReadText(ref reader) : "";
        var secret = objects.Read(ref reader) as SecureString;
        ObjectReader.Require(secret is not null);
        return marker.Number == 1 ? new NetworkCredential(name, secret, domain)
            : name.Length == 0 ? PSCredential.Empty
            : new PSCredential(name, secret);
    }
}

/// <summary>How credentials and secure strings are written.</summary>
internal sealed class CredentialPlan : TypePlan
{
    public override bool TryWrite(ObjectWriter objects, ref MessagePackWriter writer, object value, bool inBag)
    {
        objects.RequireSecretsAllowed(value.GetType());
        switch (value)
        {
            case SecureString secret:
                Secrets.Write(ref writer, secret);
                break;
            case PSCredential credential:
                writer.WriteArrayHeader(3);
                ScalarWriter.WriteMarker(ref writer, ExtensionCode.Credential, 0);
                writer.Write(credential.UserName ?? "");
                Secrets.Write(ref writer, credential.Password ?? new SecureString());
                break;
            case NetworkCredential credential:
                writer.WriteArrayHeader(4);
                ScalarWriter.WriteMarker(ref writer, ExtensionCode.Credential, 1);
                writer.Write(credential.UserName);
                writer.Write(credential.Domain);
                Secrets.Write(ref writer, credential.SecurePassword);
                break;
        }

        return true;
    }
}
