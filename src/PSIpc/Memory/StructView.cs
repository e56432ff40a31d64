using System.Management.Automation;
using PSIpc.Core.Memory;

namespace PSIpc;

/// <summary>A C structure in shared memory as an object: reading a property reads the member there, and setting it writes it there.</summary>
internal static class StructView
{
    /// <summary>The view of a structure. Members that are structures are views too; arrays are copies, to be set as a whole.</summary>
    public static PSObject Create(DataBlock block, long offset, CStructType type, bool isBigEndian)
    {
        block.AsReadOnlySpan(offset, checked((int)type.Size));
        var view = new PSObject();
        if (type.Tag is not null)
        {
            view.TypeNames.Insert(0, CValueReader.TypeNamePrefix + type.Tag);
        }

        foreach (CStructField field in type.Fields)
        {
            if (field.Name.Length > 0)
            {
                view.Properties.Add(new Member(block, offset, type, field, isBigEndian));
            }
        }

        return view;
    }

    private sealed class Member(DataBlock block, long offset, CStructType owner, CStructField member, bool isBigEndian) : PSNoteProperty(member.Name, null)
    {
        public override object? Value
        {
            get
            {
                if (member.ValueType is CStructType inner)
                {
                    return Create(block, offset + member.Offset, inner, isBigEndian);
                }

                object? value = new CValueReader(isBigEndian).ReadValue(block.AsReadOnlySpan(offset, (int)owner.Size), member);
                GC.KeepAlive(block);
                return value;
            }

            set
            {
                Span<byte> memory = block.AsSpan(offset, (int)owner.Size);
                if (member.IsBitField)
                {
                    byte[] whole = new byte[owner.Size];
                    new CValueWriter(isBigEndian).Write(whole, owner, new System.Collections.Hashtable { [member.Name] = value });
                    long first = (member.Offset * 8) + member.BitOffset;
                    CBits.Write(memory, first, member.BitWidth, CBits.Read(whole, first, member.BitWidth, isBigEndian), isBigEndian);
                }
                else
                {
                    byte[] bytes = new byte[member.Size];
                    new CValueWriter(isBigEndian).Write(bytes, member.ValueType, value, member.Name);
                    bytes.CopyTo(memory[(int)member.Offset..]);
                }

                GC.KeepAlive(block);
            }
        }

        public override PSMemberInfo Copy() => new Member(block, offset, owner, member, isBigEndian);
    }
}
