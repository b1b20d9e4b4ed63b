#include <algorithm>

#include "crds/base/parse.h"
#include "crds/core/protobuf.h"

namespace fairlead::core {
namespace {

// meta.v1.Time
int64_t ReadTime(WireReader time) {
  int64_t seconds = 0;
  while (time.Next()) {
    if (time.field() == 1) seconds = time.Int64();
  }
  return seconds;
}

// meta.v1.OwnerReference
void ReadOwner(WireReader owner, OwnerReference* out) {
  while (owner.Next()) {
    switch (owner.field()) {
      case 1:
        owner.String(&out->kind);
        break;
      case 3:
        owner.String(&out->name);
        break;
      case 4:
        owner.String(&out->uid);
        break;
      case 5:
        owner.String(&out->api_version);
        break;
      case 6:
        out->controller = owner.Bool();
        break;
      default:
        break;
    }
  }
}

// meta.v1.ManagedFieldsEntry; entries of others end at their first field.
void ReadManager(WireReader entry, OwnFields* out) {
  bool ours = false, applied = false;
  std::string_view fields;
  while (entry.Next()) {
    switch (entry.field()) {
      case 1:
        ours = entry.Bytes() == kWaypointManager;
        if (!ours) return;
        break;
      case 2:
        applied = entry.Bytes() == "Apply";
        break;
      case 7: {  // meta.v1.FieldsV1
        WireReader raw = entry.Message();
        while (raw.Next()) {
          if (raw.field() == 1) fields = raw.Bytes();
        }
        break;
      }
      default:
        break;
    }
  }
  if (ours && applied) *out = OwnFieldsIn(fields);
}

}  // namespace

void ReadStringMap(WireReader& field, std::vector<Labels::Item>* out) {
  const WireReader::Entry entry = field.MapEntry();
  const std::string_view key = field.Checked(entry.key), value = field.Checked(entry.value);
  out->emplace_back(key, value);
}

void ReadMeta(WireReader meta, ObjectMeta* out) {
  std::vector<Labels::Item> labels(out->labels.begin(), out->labels.end()),
      annotations(out->annotations.begin(), out->annotations.end());
  labels.reserve(labels.size() + meta.Count(11));
  out->owners.reserve(out->owners.size() + meta.Count(13));
  while (meta.Next()) {
    switch (meta.field()) {
      case 1:
        meta.String(&out->name);
        break;
      case 3:
        meta.String(&out->ns);
        break;
      case 5:
        meta.String(&out->uid);
        break;
      case 6:
        meta.String(&out->resource_version);
        break;
      case 7:
        out->generation = meta.Int64();
        break;
      case 8:
        out->created.seconds = ReadTime(meta.Message());
        break;
      case 9:
        ReadTime(meta.Message());
        out->deleting = true;
        break;
      case 11:
        ReadStringMap(meta, &labels);
        break;
      case 12: {
        const WireReader::Entry entry = meta.MapEntry();
        if (KeepsAnnotation(entry.key))
          annotations.emplace_back(meta.Checked(entry.key), meta.Checked(entry.value));
        break;
      }
      case 13:
        ReadOwner(meta.Message(), &out->owners.emplace_back());
        break;
      case 17:
        ReadManager(meta.Message(), &out->own_fields);
        break;
      default:
        break;
    }
  }
  out->labels = Labels(std::move(labels));
  out->annotations = Labels(std::move(annotations));
}

void ReadListMeta(WireReader meta, ListMeta* out) {
  while (meta.Next()) {
    switch (meta.field()) {
      case 2:
        meta.String(&out->resource_version);
        break;
      case 3:
        meta.String(&out->continue_token);
        break;
      case 4:
        out->remaining = std::max<int64_t>(meta.Int64(), 0);
        break;
      default:
        break;
    }
  }
}

}  // namespace fairlead::core
