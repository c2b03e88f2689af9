"""The fixed vocabulary of recognition (docs/recognition.md gives the label guidelines)."""

CONCERNS = (
    "stalking",
    "harassment_or_other_abuse",
    "not_stalking",
    "information_request",
    "support_request",
    "chitchat",
)
BEHAVIOURS = (
    "following",
    "watching_loitering",
    "turning_up",
    "unwanted_contact_phone",
    "unwanted_contact_online",
    "gifts_letters",
    "threats_violence",
    "threats_suicide",
    "property_damage",
    "break_in",
    "physical_assault",
    "sexual_violence",
    "spreading_lies",
    "impersonation_fake_profiles",
    "account_hacking",
    "tracking_device_spyware",
    "image_abuse",
    "third_party_contact",
    "using_others",
    "legal_system_abuse",
    "weapon",
    "breach_of_order",
    "strangulation",
    "identity_fraud",
    "workplace_contact",
    "children_used",
)
RELATIONSHIPS = (
    "ex_partner",
    "current_partner",
    "family",
    "acquaintance",
    "colleague",
    "client_patient",
    "neighbour",
    "stranger",
    "online_only",
    "unknown",
)
STALKER_TYPES = ("rejected", "intimacy_seeker", "incompetent_suitor", "resentful", "predatory", "cyber")
PERSPECTIVES = ("self", "other", "professional", "perpetrator", "none")
REPEATED = ("true", "false", "unknown")
ASKS = (
    "recognise",
    "evidence",
    "report",
    "helpline",
    "law",
    "safety_plan",
    "tech_help",
    "support_other",
    "emotional",
    "none",
)
