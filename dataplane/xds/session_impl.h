// The inside of Session: what is known of each slot, and the queues. Included by session*.cc only.
//
// Two bytes of flags a slot; a Side exists only while the proxy's version is not the shelf's one, or was
// rejected.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dataplane/xds/session.h"

namespace fairlead::xds {

namespace flag {
inline constexpr uint16_t kSubscribed = 1 << 0;      // by name
inline constexpr uint16_t kAcked = 1 << 1;           // the proxy acknowledged the version on the shelf
inline constexpr uint16_t kInFlight = 1 << 2;        // a response with it is not answered
inline constexpr uint16_t kSentCurrent = 1 << 3;     // in flight: the version on the shelf
inline constexpr uint16_t kRemoving = 1 << 4;        // in flight: its removal
inline constexpr uint16_t kQueued = 1 << 5;          // in the queue of changes, or of suspects
inline constexpr uint16_t kForce = 1 << 6;           // to be sent although the proxy has it
inline constexpr uint16_t kNotice = 1 << 7;          // to be told that there is none
inline constexpr uint16_t kRejected = 1 << 8;        // the version on the shelf (or its absence) was rejected
inline constexpr uint16_t kBlocked = 1 << 9;         // waits for a need
inline constexpr uint16_t kSuspect = 1 << 10;        // was in a rejected response of many
inline constexpr uint16_t kClaimed = 1 << 11;        // the proxy came with a version that we do not know
inline constexpr uint16_t kUnclear = 1 << 12;        // has a Side with `maybe`
inline constexpr uint16_t kSide = 1 << 13;           // has a Side
inline constexpr uint16_t kQueuedRemoval = 1 << 14;  // in the queue of removals
}  // namespace flag

inline size_t VersionHash(const std::string& version) { return std::hash<std::string>()(version); }

// Keeps a slot for the length of a scope in which its last flag may go.
class Hold {
 public:
  Hold(Shelf* shelf, Slot slot) : shelf_(shelf), slot_(slot) { shelf_->Retain(slot_); }
  ~Hold() { shelf_->Release(slot_); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  Shelf* shelf_;
  Slot slot_;
};

struct Session::Impl {
  struct Side {
    ResourcePtr acked;  // the version that the proxy has, where it is not the shelf's
    ResourcePtr sent;   // the version in flight, where it is not the shelf's
    // What came in rejected responses of many: it may have one of them or not. More than kMaxMaybe: kClaimed.
    std::vector<ResourcePtr> maybe;
    std::string text;  // of the rejection
  };
  static constexpr size_t kMaxMaybe = 4;
  struct InFlight {
    uint64_t nonce = 0;
    bool removal = false;
    std::vector<Slot> slots;
  };
  struct PerType {
    bool seen = false;
    bool wildcard = false;
    bool owes_answer = false;   // the proxy asked for everything, has nothing, and was sent nothing yet
    std::deque<Slot> queue;     // to be sent, first come first served
    std::deque<Slot> suspects;  // to be sent in parts of at most suspect_limit
    std::deque<Slot> removals;
    std::deque<InFlight> in_flight;
    size_t suspect_count = 0;
    size_t suspect_limit = SIZE_MAX;
  };

  Impl(Shelf* s, SessionObserver* o, SessionLimits l) : shelf(s), observer(o), limits(l) {}
  ~Impl();

  PerType& Of(Type t) { return types[static_cast<size_t>(t)]; }
  PerType& OfSlot(Slot s) { return Of(shelf->NameOf(s).type); }

  // Flags and sides. A slot with any flag is retained on the shelf.
  uint16_t Get(Slot s) const { return s < flags.size() ? flags[s] : uint16_t{0}; }
  bool Has(Slot s, uint16_t f) const { return (Get(s) & f) != 0; }
  void Set(Slot s, uint16_t f);
  void Clear(Slot s, uint16_t f);
  Side& MakeSide(Slot s);
  Side* FindSide(Slot s);
  void DropSideIfEmpty(Slot s);
  void SetAckedOld(Slot s, ResourcePtr acked);  // null: none
  void AddMaybe(Slot s, const ResourcePtr& resource);
  void DropMaybe(Slot s, const ResourcePtr& resource);  // null: all
  void SetSuspect(Slot s, bool suspect);

  size_t unanswered() const;
  bool Wanted(Slot s) { return Has(s, flag::kSubscribed) || OfSlot(s).wildcard; }
  bool Held(Slot s);  // the proxy acknowledged some version
  bool MayHave(Slot s) { return Held(s) || Has(s, flag::kClaimed | flag::kUnclear); }
  bool Satisfied(Slot s);  // nothing that needs it has to wait
  bool NeedsSend(Slot s);
  bool NeedsRemoval(Slot s);

  // session_subscribe.cc
  std::vector<Slot> SlotsOf(Type type) const;
  Result<void> Check(const Request& request) const;
  void FirstRequest(Type type, const Request& request);
  void Subscribe(Type type, const std::string& name);
  void Unsubscribe(Type type, const std::string& name);
  void Claim(Type type, const std::string& name, const std::string& version);
  size_t ClaimedVersion(Slot s) const;

  // session_state.cc
  void Forget(Slot s);  // not wanted any more
  void Change(Slot s, const ResourcePtr& old);
  void Evaluate(Slot s);  // queues the slot if something is to be sent and nothing is in flight
  void Block(Slot s, Slot need);
  void Unblock(Slot s);
  void ReleaseWaiters(Slot need);

  // session_answer.cc
  void Answer(Type type, const Request& request);
  void Accepted(Slot s, const ResourcePtr& sent, bool current);
  void RemovalAccepted(Slot s);
  void RejectedInGroup(Slot s, const ResourcePtr& sent, bool current);
  void RejectedAlone(Slot s, const ResourcePtr& sent, bool current, const std::string& text);

  // session_send.cc
  std::optional<Response> Next();
  std::optional<Response> SendChanged(Type type);
  std::optional<Response> SendRemovals(Type type);
  std::optional<Response> Barrier(Type type);
  bool Ready(Slot s);  // all needs satisfied; else it is blocked
  void SendAgainBehind(Slot cluster);
  std::optional<Response> Finish(Type type, Response response, InFlight in_flight);
  std::set<ResourceName> NeededByOld() const;

  Shelf* shelf;
  SessionObserver* observer;
  SessionLimits limits;
  std::array<PerType, kTypeCount> types;
  std::vector<uint16_t> flags;
  std::unordered_map<Slot, Side> sides;
  std::unordered_map<Slot, Slot> blocked;    // slot → the need that it waits for
  std::set<std::pair<Slot, Slot>> waiters;   // (need, slot)
  std::array<size_t, kTypeCount> unknown{};  // slots with kClaimed
  std::vector<std::pair<Slot, size_t>>
      claims;  // sorted: hash of the version of what has kClaimed, and of others
  size_t subscriptions = 0;
  uint64_t last_nonce = 0;
  size_t turn = 0;            // 0..kTypeCount-1: changes in order of types; then removals the other way round
  size_t budget = SIZE_MAX;   // how many of the queue are still of this turn
  bool removals_due = false;  // something happened that may let a removal go
  bool answered = false;      // the proxy answered a response: all its first requests were read
  bool barrier_sent = false;
};

}  // namespace fairlead::xds
